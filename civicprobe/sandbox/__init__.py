"""Bytes of strangers are opened in a process of their own, with little memory, time and right.

What a photo does to a decoder then happens to a child that is thrown away, not to the worker.
"""

from civicprobe.sandbox.jobs import Died, Job, SandboxFault
from civicprobe.sandbox.parent import Sandbox

__all__ = ["Died", "Job", "Sandbox", "SandboxFault"]
