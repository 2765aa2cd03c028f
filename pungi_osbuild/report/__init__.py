"""What people look at: tables and problem lists."""
