"""Notice a failure in seconds and say which thing failed, with evidence: look, fold, conclude."""
