"""Runs containers through the command line of docker or podman. Values of the environment are in no argument list.

A container is named by the stage's key, so that the next attempt finds what a dead engine left behind and removes it.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

import msgspec

from stageline.errors import DocumentError, MissingDependency
from stageline.model.failure import Cause
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
from stageline.targets.process import Command, Ended, run
from stageline.tasks.docker_argv import LABEL, DockerSettings, Plan, container_name, plan
from stageline.tasks.outcome import outcome
from stageline.tasks.settings import as_text, read_settings
from stageline.tasks.task import RunningStage, Task
