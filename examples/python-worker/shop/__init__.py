"""An app of the old engine, run by Pawl: its functions and its flows are as they were."""
