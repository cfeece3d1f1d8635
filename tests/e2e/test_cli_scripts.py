"""`check` knows session scripts."""

from tests.e2e.running import Done, clean_environment, in_process


def check(*paths: object) -> Done:
    return in_process(clean_environment(), "check", *map(str, paths))


def test_a_sound_script_is_named(tmp_path):
    (tmp_path / "part.yaml").write_text("steps: [{send: '{{ given }}'}]", encoding="utf-8")
    main = tmp_path / "main.yaml"
    main.write_text("script: m\nsteps: [{include: {file: part.yaml, with: {given: 1}}}]", encoding="utf-8")
    done = check(tmp_path)
    assert (done.returncode, done.stdout) == (0, f"ok: {main}, {tmp_path / 'part.yaml'}\n")


def test_mistakes_of_scripts_come_with_their_places(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("script: s\nsteps:\n  - dail: 1\n  - send: '{{ x }}'\n", encoding="utf-8")
    done = check(path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{path}:3:5: unknown verb `dail` (did you mean `dial`?)",
        f"{path}:4:11: unknown variable `x`",
    ]
