"""The compiled run of groups of lanes over a whole schedule, from initial vectors to sums."""

from __future__ import annotations

import numpy as np

from blochball.twa.kernels import advance, sample, scratch
from blochball.twa.observers.means import accumulate, correlate, probe, record
from blochball.twa.rows import COLUMNS, LANES, PLANAR_COLUMNS, jit

STOPPED = -2  # in place of an output


@jit
def run_group(
    state, random, schedule, local, fields, guided, probes, limit, mask, fresh,
    site_sums, output_sums, wave_probes, wave_sums, kept, correlations, stop,
):  # fmt: skip
    """Run one group of lanes over the schedule and add every output time to the sums.

    Parameters
    ----------
    state : (sites, COLUMNS * LANES), or PLANAR_COLUMNS where `guided`
        Initial Bloch vectors in the columns X, Y, Z; overwritten.
    random : (2 * LANES,) of uint64
        State of the generators; overwritten.
    schedule : tuple of arrays (segments,)
        Step, number of steps, and the index of the output at the end of the segment or -1.
    local : (4, sites)
        Size, decay, dephasing, pump.
    probes, wave_probes, site_sums, output_sums, wave_sums
        See `record`; the sums have one more dimension, time, in front.
    mask : (LANES,)
        1 for lanes that count, 0 for those that fill up the last group.
    fresh : bool
        Whether this is the first group of its sums.
    kept : (times,) of int
        Index among the times of `correlations`, or -1.
    correlations : (kept, sites, sites, 4)
    stop : (1,) of bool
        Another thread may set it, to have no further segment begun.

    Returns
    -------
    output, site : int
        Where a trajectory left the ball, or (-1, -1); (STOPPED, -1) if there was not time.
    """
    sites = state.shape[0]
    steps, counts, outputs = schedule
    words, clock, work = scratch(sites, fields[1].size)
    field = work[3][0]
    columns = max(7, probes[0].shape[0], wave_probes[0].shape[0])
    values = np.zeros(columns * LANES)
    for k in range(steps.size):
        if stop[0]:
            return STOPPED, -1
        if counts[k] > 0:
            advance(
                state, random, clock, words, steps[k], counts[k], local, fields, guided, work
            )  # fmt: skip
        t = outputs[k]
        if t < 0:
            continue
        at = (site_sums[0][t], site_sums[1][t], site_sums[2][t], site_sums[3][t])
        out = (output_sums[0][t], output_sums[1][t], output_sums[2][t])
        site = record(state, mask, fresh, probes, limit, values, field, at, out)
        if site >= 0:
            return t, site
        if kept[t] >= 0:
            correlate(state, mask, correlations[kept[t]])
        re, im, ordering, along = wave_probes
        for p in range(re.shape[0]):
            probe(state, re[p], im[p], ordering[p], along[p], values, p, field)
        wave = (wave_sums[0][t], wave_sums[1][t], wave_sums[2][t])
        accumulate(values, 0, re.shape[0], mask, fresh, wave[0], wave[1], wave[2])
    return -1, -1


@jit
def run(
    seeds, generator, cloud, trajectories, schedule, local, fields, guided, probes, limit,
    site_sums, output_sums, wave_probes, wave_sums, kept, correlations, stop,
):  # fmt: skip
    """Run groups of lanes one after the other, as many as `trajectories` need; see `run_group`.

    `seeds` are the states of the generators of each group, `generator` and `cloud` make the initial
    vectors; see `sample`.
    """
    columns = PLANAR_COLUMNS if guided else COLUMNS
    state = np.zeros((local.shape[1], columns * LANES))
    mask = np.ones(LANES)
    for g in range(-(-trajectories // LANES)):
        sample(state, generator, cloud)
        for i in range(LANES):
            mask[i] = 1.0 if g * LANES + i < trajectories else 0.0
        t, site = run_group(
            state, seeds[g], schedule, local, fields, guided, probes, limit, mask, g == 0,
            site_sums, output_sums, wave_probes, wave_sums, kept, correlations, stop,
        )  # fmt: skip
        if t != -1:
            return t, site
    return -1, -1
