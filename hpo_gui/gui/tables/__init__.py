"""Tables: models over columns and arrays, delegates, views."""
