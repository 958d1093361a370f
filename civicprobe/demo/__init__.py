"""A whole run on one machine: parts under supervision, a sample city, the main job once through."""
