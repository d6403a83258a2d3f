"""Whatever is written into a config: accepted with its meaning, or refused by the name of the key.

Both config files are changed in one place at a time, by values of any kind.
"""

from __future__ import annotations

import copy
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workflow import config

EXAMPLES = {"quick": 500, "paper": 250}
CASES: Counter[str] = Counter()


def plain(name: str) -> dict[str, Any]:
    return yaml.safe_load((config.ROOT / "config" / f"{name}.yaml").read_text(encoding="utf-8"))


def entries(entry: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the place of every entry."""
    if not isinstance(entry, dict | list):
        return [place]
    items = entry.items() if isinstance(entry, dict) else enumerate(entry)
    return [*([place] if place else []), *(p for k, v in items for p in entries(v, (*place, k)))]


def put(entry: Any, place: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(entry)
    at = changed
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return changed


def load(tmp_path: Path, text: str | bytes) -> config.Config:
    path = tmp_path / "changed.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return config.load(path)


def options(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


bad = st.one_of(
    st.none(), st.booleans(), st.text(max_size=5), st.dates(), st.binary(max_size=3),
    st.floats(max_value=0), st.sampled_from([math.nan, math.inf, -math.inf]),
    st.integers(max_value=-1), st.sampled_from([0.0, -0.0, 1e101, 1e-101, 10**130]),
    st.just({}), st.just([]), st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.lists(st.one_of(st.none(), st.text(max_size=2)), min_size=1, max_size=2),
)  # fmt: skip
# places where such a value is right
DETUNINGS = {"detunings_in_N_tot_gamma", "small_detunings_in_N_tot_gamma"}
ZERO = {"seed", "phases_in_pi", "drives_in_pump", *DETUNINGS}


@pytest.mark.parametrize("name", EXAMPLES)
def test_bad_values_are_refused_by_the_name_of_their_key(name: str) -> None:
    good = plain(name)
    places = entries(good)

    @options(EXAMPLES[name])
    @given(st.sampled_from(places), bad)
    def check(place: tuple[Any, ...], value: Any) -> None:
        key = next(part for part in reversed(place) if isinstance(part, str))
        switch = isinstance(value, bool) and key == "exact"
        small = not isinstance(value, bool) and value in (0, 1e-101)
        if switch or (small and key in ZERO):
            return
        if key == "name" and isinstance(value, str) and value.isascii() and value.isalnum():
            return
        CASES[name] += 1
        with pytest.raises(ValueError, match=key):
            config.of(put(good, place, value))

    check()


@pytest.mark.parametrize("name", EXAMPLES)
def test_right_values_make_runs_or_name_the_family(name: str) -> None:
    """Each number may be right and the family still make no sense; then the family is named."""
    good = plain(name)
    numbers = [
        place
        for place in entries(good["simulations"], ("simulations",))
        if isinstance(at(good, place), int | float) and not isinstance(at(good, place), bool)
    ]
    # sizes of systems and arrays: large ones are right, and take their time
    slow = {"sites", "outputs", "momenta", "repeats", "exact_points", "twa_points"}

    @options(EXAMPLES[name] // 10)
    @given(st.sampled_from(numbers), st.floats(1e-100, 1e100), st.integers(1, 2**53))
    def check(place: tuple[Any, ...], real: float, whole: int) -> None:
        CASES[name] += 1
        key = next(part for part in reversed(place) if isinstance(part, str))
        value: Any = whole if isinstance(at(good, place), int) else real
        if key in slow:
            value = 2 + whole % 50
        changed = put(good, place, value)
        try:
            found = config.of(changed).families()
        except ValueError as error:
            text = str(error)
        else:
            text = " ".join(found)
        assert place[1] in text or key in text, text

    check()


@pytest.mark.parametrize("value", [1e7, 1e9, 1e99])
def test_a_drive_that_would_fill_the_memory_is_refused(value: float) -> None:
    place = ("simulations", "anchors", "fast_drive_in_N_gamma")
    with pytest.raises(ValueError, match="fast_drive_in_N_gamma and size must give at most"):
        config.of(put(plain("quick"), place, value)).families()


def at(entry: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        entry = entry[key]
    return entry


@pytest.mark.parametrize("name", EXAMPLES)
def test_unknown_keys_are_named_wherever_they_are(name: str) -> None:
    good = plain(name)
    homes = [(), *(place for place in entries(good) if isinstance(at(good, place), dict))]
    keys = st.one_of(st.text("abcÄ_ ", min_size=1, max_size=5), st.integers(), st.booleans())

    @options(EXAMPLES[name] // 5)
    @given(st.sampled_from(homes), keys)
    def check(home: tuple[Any, ...], key: Any) -> None:
        if key in at(good, home):
            return
        CASES[name] += 1
        with pytest.raises(ValueError, match=re.escape(repr(key))):
            config.of(put(good, (*home, key), 1))

    check()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", "a: [", "a: &a [*a]", "&a {b: *a}", "\t", b"\xff\xfe\x00", "name: !!nothing",
     "name: 2020-13-45", "? [1]\n: 2", "x: " + "9" * 5000, "[" * 5000, "\ud800"],
)  # fmt: skip
def test_what_is_no_config_at_all_is_refused(text: str | bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"changed\.yaml is not a valid configuration"):
        load(tmp_path, text)


def test_a_key_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    text = (config.ROOT / "config" / "quick.yaml").read_text()
    with pytest.raises(ValueError, match="seed: there twice"):
        load(tmp_path, text + "\nseed: 3\n")


@pytest.mark.parametrize("key", ["trajectories", "steps", "outputs", "size"])
def test_a_whole_float_is_no_integer(key: str, tmp_path: Path) -> None:
    good = plain("quick")
    changed = put(
        good, ("simulations", "squeezing", key), float(good["simulations"]["squeezing"][key])
    )
    with pytest.raises(ValueError, match=rf"{key}: .* is not of type 'integer'"):
        load(tmp_path, yaml.safe_dump(changed))


def test_what_is_refused_is_refused_from_a_file(tmp_path: Path) -> None:
    """The tests above save the time of writing and reading."""
    good = plain("quick")
    assert load(tmp_path, yaml.safe_dump(good)) == config.of(good)
    with pytest.raises(ValueError, match=r"changed\.yaml is not a valid .*simulations\.pair\.size"):
        load(tmp_path, yaml.safe_dump(put(good, ("simulations", "pair", "size"), -1)))
