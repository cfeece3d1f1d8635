"""Script files -> scripts, all mistakes of all files at once, each at its place.

read (places kept) -> shape, by the models -> sense, step by step: phones, variables, included files
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ussd_gateway.documents import Document, ValuePath, read_yaml, salvage
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.replay.data import Row, ordered, read_csv
from ussd_gateway.replay.names import Names
from ussd_gateway.replay.script import DEFAULT_MSISDN, Header, Script, ScriptFile
from ussd_gateway.replay.steps import StepReader, header_of

SUFFIXES = (".yaml", ".yml")

_NAMING = ("phones", "data", "variables")
"""Keys that bring names."""


def load_script(
    source: Path | str, plan: NumberingPlan | None = None, file_name: str | None = None
) -> Script:
    """Read a script from a file, or from text already at hand; ConfigError with every mistake.

    Files it names are looked for beside it, those of a text in the working directory.
    """
    problems: list[Problem] = []
    script = read_script(source, plan or NumberingPlan(), problems, file_name)
    if problems or script is None:
        raise ConfigError(f"{file_name or source} is not valid", problems=problems)
    return script


def load_scripts(paths: Iterable[Path], plan: NumberingPlan | None = None) -> list[Script]:
    """Scripts from files and folders; ConfigError with every mistake in all of them."""
    problems: list[Problem] = []
    found = [read_script(path, plan or NumberingPlan(), problems) for path in script_files(paths)]
    if problems:
        raise ConfigError("the scripts are not valid", problems=sorted(set(problems)))
    return [script for script in found if script is not None]


def check_scripts(paths: Iterable[Path], plan: NumberingPlan | None = None) -> list[Problem]:
    """Every mistake in script files.  A part, a file without `script`, may use what its includer sets."""
    problems: list[Problem] = []
    for path in paths:
        read_script(path, plan or NumberingPlan(), problems, is_part=not is_script(path))
    return sorted(set(problems))


def script_files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and of folders every YAML file below that has a `script` key, by name."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file())
            found += [each for each in inside if is_script(each)]
        else:
            found.append(path)
    return found


def is_script(path: Path) -> bool:
    """Whether a file has a `script` key; one that cannot be read counts, so that it is complained of."""
    try:
        value = read_yaml(path, collect=[]).value
    except ConfigError:
        return True
    return isinstance(value, dict) and "script" in value


def read_script(
    source: Path | str,
    plan: NumberingPlan,
    problems: list[Problem],
    file_name: str | None = None,
    *,
    is_part: bool = False,
) -> Script | None:
    """One script; its mistakes are added to `problems`.  None when nothing of it can be used."""
    found: list[Problem] = []
    try:
        document = read_yaml(source, file_name, collect=found)
    except ConfigError as error:
        problems += error.problems
        return None
    path = source if isinstance(source, Path) else None
    script = None
    try:
        script = _Reader(document, path, plan, found, is_part).script()
    except ConfigError as error:
        found += error.problems
    problems += sorted(set(found))
    return script


class _Reader:
    """Reads one script."""

    def __init__(
        self,
        document: Document,
        path: Path | None,
        plan: NumberingPlan,
        problems: list[Problem],
        is_part: bool,
    ) -> None:
        self._document = document
        self._files = (path.resolve(),) if path is not None else ()
        self._folder = path.parent if path is not None else Path()
        self._problems = problems
        self._names = Names(plan, problems)
        self._names.anything = is_part

    def script(self) -> Script | None:
        document, names = self._document, self._names
        self._problems += salvage(document, ScriptFile).problems
        if not isinstance(document.value, dict):
            return None
        header = header_of(document)
        if any(key in document.value and key not in header.model_fields_set for key in _NAMING):
            names.anything = True
        rows = self._rows(header)
        names.learn(column for row in rows for column in row)
        names.learn(["msisdn"])
        names.declare(document, header)
        names.check_references(document, ("msisdn",), header.msisdn)
        names.check_phone(document, ("msisdn",), header.msisdn)
        reader = StepReader(document, self._folder, self._files, names)
        setup = reader.steps(document.value.get("setup"), ("setup",))
        steps = reader.steps(document.value.get("steps"), ("steps",))
        names.check_secrets()
        return Script(
            name=header.script or Path(document.file_name).stem,
            file_name=document.file_name,
            about=header.about,
            tags=header.tags,
            msisdn=header.msisdn or DEFAULT_MSISDN,
            phones=names.phones,
            variables=header.variables,
            secrets=names.secrets,
            rows=rows,
            setup=setup,
            steps=steps,
            plan=names.plan,
            weight=header.weight,
        )

    def _rows(self, header: Header) -> list[Row]:
        """The rows in their order; mistakes in them are told at their lines."""
        data = header.data
        if data is None:
            return [{}]
        if data.file is not None:
            placed = self._csv_rows(data.file)
        else:
            placed = self._own_rows(data.rows or (), header.variables)
        for place, row in placed:
            text = row.get("msisdn")
            if text is not None and text not in header.phones:
                message = self._names.phone_problem(text)
                self._problems += [place._replace(message=message)] if message else []
        return ordered([row for _, row in placed], data.order, data.seed) or [{}]

    def _csv_rows(self, file: str) -> list[tuple[Problem, Row]]:
        path = self._folder / file
        try:
            if not path.is_file():
                problem = self._document.problem(("data", "file"), f"{path} is not a file")
                raise ConfigError("no data", problems=[problem])
            return [(Problem(str(path), line, 1, ""), row) for line, row in read_csv(path)]
        except ConfigError as error:
            self._problems += error.problems
            self._names.anything = True
            return []

    def _own_rows(
        self, rows: Sequence[Mapping[str, str]], variables: Mapping[str, str]
    ) -> list[tuple[Problem, Row]]:
        placed = []
        columns = dict.fromkeys(column for row in rows for column in row)
        for index, row in enumerate(rows):
            path: ValuePath = ("data", "rows", index)
            for column in row:
                self._names.check_name(self._document, (*path, column))
            missing = [column for column in columns if column not in row and column not in variables]
            if missing:
                message = f"no value for `{missing[0]}`, which other rows have"
                self._problems.append(self._document.problem(path, message))
            placed.append((self._document.problem((*path, "msisdn"), ""), dict(row)))
        return placed
