"""What scenarios promise, and whether it holds: thresholds, baselines, and the plugin of pytest."""
