"""An app: two flows and five functions."""
