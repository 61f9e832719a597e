"""Times the engines against peers that do the same work, and shows how time and memory grow; see RESULTS.md."""
