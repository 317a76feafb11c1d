"""What the work led to: meetings, purchases, and what happens to opportunities."""
