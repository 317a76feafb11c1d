"""Who we know: people and teams, companies and what we may sell them, the record, and what waits to be sent."""
