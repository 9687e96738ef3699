"""The folder beside a store, for logs and for values too large for the database: private, made when first asked for."""

import shutil
import tempfile
import threading
import weakref
from pathlib import Path

from stageline.errors import StoreError


class Files:
    """A given folder, or a temporary one that goes with the store."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._made = False
        self._making = threading.Lock()
        self._removal: weakref.finalize[..., Files] | None = None

    def path(self) -> Path:
        """The folder, which is there now."""
        with self._making:
            if not self._made:
                self._folder = self._make()
                self._made = True
            assert self._folder is not None
            return self._folder

    def _make(self) -> Path:
        if self._folder is None:
            folder = Path(tempfile.mkdtemp(prefix="stageline-"))
            self._removal = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            return folder
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the folder for files, {self._folder}, cannot be made: {error.strerror}; name another one with files="
            ) from error
        return self._folder.absolute()

    def close(self) -> None:
        """Remove the folder if it was a temporary one."""
        if self._removal is not None:
            self._removal()
            self._folder, self._made, self._removal = None, False, None
