"""What goes out to readers."""
