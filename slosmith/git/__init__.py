"""The history of a project, read through the `git` command alone; nothing is ever written."""
