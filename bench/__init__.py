"""What `remediate` costs beside other tools that do the same work, measured side by side in one run."""
