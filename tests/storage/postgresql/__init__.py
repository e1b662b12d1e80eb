"""What holds of the schema on PostgreSQL."""
