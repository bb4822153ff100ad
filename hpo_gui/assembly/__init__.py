"""Assembly: from a specification to a running study; the only place that knows every family."""
