"""Datasets in files: what comes back equals what went in, and a file is whole or not there."""

import os
import stat

import h5netcdf
import h5py
import numpy as np
import pytest
import xarray as xr

from blochball import Ensemble, System, dataset, exact, models, observables, twa
from blochball.support import storage

CHAIN = models.waveguide_chain(2, 8, 0.3, 1.0, drive=0.25)


@pytest.fixture(scope="module")
def result():
    return twa.solve(
        CHAIN, [0.0, 0.01], trajectories=20, steps=2, correlations=[0.01], momenta=[0.0, 0.3]
    )


def test_what_comes_back_equals_what_went_in(result, tmp_path):
    storage.save(result, tmp_path / "deep" / "down" / "run.nc")
    again = storage.load(tmp_path / "deep" / "down" / "run.nc")
    xr.testing.assert_identical(again, result)
    assert set(again.attrs) == set(result.attrs)
    for name in result:
        assert again[name].dtype == result[name].dtype
    assert dataset.system_of(again) == CHAIN
    # all of it is in memory: the file may go
    (tmp_path / "deep" / "down" / "run.nc").unlink()
    np.testing.assert_array_equal(again.emission, result.emission)


@pytest.mark.parametrize(
    "ds",
    [
        exact.solve(models.superradiant_laser(3, 1.0), [0, 1]),
        exact.steady_state(models.superradiant_laser(3, 1.0)),
        exact.solve(System(Ensemble(2)), [0, 1]),
    ],
    ids=["populations", "time infinity", "no channel"],
)
def test_exact_results_come_back_too(ds, tmp_path):
    storage.save(ds, tmp_path / "run.nc")
    xr.testing.assert_identical(storage.load(tmp_path / "run.nc"), ds)


def test_saving_again_replaces(result, tmp_path):
    path = tmp_path / "run.nc"
    storage.save(result, path)
    storage.save(result.isel(time=[1]), str(path))
    assert storage.load(path).sizes["time"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]


@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt()], ids=type)
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(
    failure, result, tmp_path, monkeypatch
):
    path = tmp_path / "run.nc"
    storage.save(result, path)
    before = path.read_bytes()

    def fail(source, target):
        raise failure

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(type(failure)):
        storage.save(result * 2, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_files_are_as_readable_as_any_other(result, tmp_path):
    storage.save(result, tmp_path / "run.nc")
    (tmp_path / "other").touch()
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("run.nc", "other")}
    assert len(modes) == 1


def test_what_cannot_be_loaded(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"path must be an existing file, got .*gone\.nc"):
        storage.load(tmp_path / "gone.nc")
    with pytest.raises(FileNotFoundError, match="path must be an existing file"):
        storage.load(tmp_path)
    (tmp_path / "text.nc").write_text("not NetCDF")
    (tmp_path / "header.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    (tmp_path / "empty.nc").touch()
    for name in ("text", "header", "empty"):
        with pytest.raises(ValueError, match=rf"as it was saved, got .*{name}\.nc.* checksum"):
            storage.load(tmp_path / f"{name}.nc")
    xr.Dataset({"a": 1}).to_netcdf(tmp_path / "alien.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match=r"of blochball, got .*alien\.nc, which has neither"):
        storage.load(tmp_path / "alien.nc")


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_what_another_program_has_saved_again_is_read_with_a_warning(result, libver, tmp_path):
    path, again = tmp_path / "run.nc", tmp_path / "again.nc"
    storage.save(result, path)
    with xr.open_dataset(path, engine="h5netcdf") as ds:
        file = h5netcdf.File(again, "w", libver=libver)
        with xr.backends.H5NetCDFStore(file) as store:
            ds.dump_to_store(store)
    with pytest.warns(UserWarning, match=r"again\.nc has no checksum") as caught:
        found = storage.load(again)
    assert caught[0].filename == __file__
    xr.testing.assert_equal(found, result)
    assert dataset.system_of(found) == CHAIN
    # what takes up an earlier run does not rely on it
    with pytest.warns(UserWarning, match="it is computed again"):
        assert storage.take_up(again) is None
    # cut short, or with something behind the end
    content = again.read_bytes()
    for damaged in (content[:-1], content[:-1000], content + b"\0"):
        again.write_bytes(damaged)
        with pytest.raises(ValueError, match="cut short, or changed"):
            storage.load(again)


@pytest.mark.parametrize("name", ["squeezing", None, ""])
def test_arrays_come_back_too(result, name, tmp_path):
    array = observables.squeezing(result).rename(name).assign_attrs(method="x", system="y")
    storage.save(array, tmp_path / "array.nc")
    again = storage.load(tmp_path / "array.nc")
    assert isinstance(again, xr.DataArray)
    xr.testing.assert_identical(again, array.rename(name or None))
    np.testing.assert_array_equal(again.stderr, array.stderr)


def test_a_spectrum_comes_back(tmp_path):
    spectrum = exact.spectrum(models.superradiant_laser(3, 1.0), [0.0, 1.0])
    storage.save(spectrum, tmp_path / "spectrum.nc")
    xr.testing.assert_identical(storage.load(tmp_path / "spectrum.nc"), spectrum)


def test_other_readers_read_the_files_too(result, tmp_path):
    storage.save(result, tmp_path / "run.nc")
    with xr.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as found:
        xr.testing.assert_identical(found.load(), result)
    with h5py.File(tmp_path / "run.nc") as file:
        np.testing.assert_array_equal(file["emission"], result.emission)
