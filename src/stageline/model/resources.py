"""What a job asks of a machine: hints for whoever schedules it, which never change what the job is."""

import msgspec


class Resources(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Memory in bytes, time in seconds; None is what nobody said. `mount_paths` are folders of the host to be seen."""

    cpus: int | None = None
    mem: int | None = None
    time: int | None = None
    partition: str | None = None
    sbatch_opts: tuple[str, ...] | None = None
    mount_paths: tuple[str, ...] | None = None
    network: bool | None = None

    def over(self, below: "Resources") -> "Resources":
        """These, and where they say nothing, those below."""
        said = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}
        return msgspec.structs.replace(below, **said) if said else below
