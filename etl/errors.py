"""What can go wrong, named after who must act. Every message says what is wrong, where, and what to do next."""


class CchcError(Exception):
    """Somebody has to do something; trying again changes nothing."""


class SetupError(CchcError):
    """The operator must mend the installation: a setting, the database, a folder."""


class UsageError(CchcError):
    """The caller asked for something that does not exist: a period, a unit, a file."""


class CatalogueError(CchcError):
    """We must mend a definition: a contract, a rule, an indicator."""


class FileRejected(CchcError):
    """The sending office must deliver the file again. `rule_id` is the file rule that it breaks (FIL-01 …)."""

    def __init__(self, rule_id: str, message: str) -> None:
        super().__init__(rule_id, message)
        self.rule_id = rule_id
        self.message = message

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.message}"


class RuleFailed(CchcError):
    """A rule crashed, did not run, or was counted differently by its two statements: nothing of the file is loaded."""


class LinesDiffer(CchcError):
    """A file has other lines than were read: a fault of ours. Nothing of it is loaded, and it waits."""


class FileHeld(CchcError):
    """A person must say what is to become of a file; until then it waits. `rule_id` is the file rule that asks."""

    def __init__(self, rule_id: str, message: str) -> None:
        super().__init__(rule_id, message)
        self.rule_id = rule_id
        self.message = message

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.message}"


class ArchiveDamaged(CchcError):
    """The operator must bring kept bytes back: they are not there, or not those that were delivered."""


class LoadFailed(CchcError):
    """One file could not be loaded now: it waits, with the reason in its receipt, and the next run tries again."""
