"""The server's entry: `app`, on the environment's settings."""

from civicprobe.app import create_app
from civicprobe.settings import Settings

app = create_app(Settings.from_env())
