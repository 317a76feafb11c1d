"""What the templates of leads draw by Python."""
