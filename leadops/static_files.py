"""Where pages find their styles and scripts: the names of the manifest, which is read once and then never changes in a process.

Every page names some thirty of them; worked out anew each time they were a millisecond of it (measured).
"""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.known: dict[str, str] = {}

    def url(self, name, force=False):
        """Return the address of a file, worked out once."""
        if force:
            return super().url(name, force)
        if name not in self.known:
            self.known[name] = super().url(name)
        return self.known[name]
