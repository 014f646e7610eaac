"""Registry and models."""
