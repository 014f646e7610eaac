"""An app of the old engine on Pawl: its functions and flows are unchanged."""
