"""The local web app over the same catalogue, planner and runner as the commands."""
