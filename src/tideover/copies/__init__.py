"""Local replicas of what the cloud knows, each with its age; never the truth, always the best there is without a line."""
