"""Random words and variates, and the table of streams."""

import itertools

import numpy as np
import pytest

from blochball.twa import noise
from blochball.twa.lanes import ALL, LANES
from blochball.twa.noise import FREQUENT, RARE, Stream, stream

MASK = 2**64 - 1


def xoroshiro128(a, b):
    """xoroshiro128++ with integers of any size: the word and the next state."""

    def turned(x, k):
        return (x << k | x >> (64 - k)) & MASK

    word = (turned((a + b) & MASK, 17) + a) & MASK
    b ^= a
    return word, turned(a, 49) ^ b ^ (b << 21 & MASK), turned(b, 28)


def test_words_are_those_of_xoroshiro128():
    state = np.random.default_rng(0).integers(0, 2**64, 2 * LANES, dtype=np.uint64)
    expected = [(int(state[i]), int(state[i + LANES])) for i in range(LANES)]
    word = np.zeros(LANES, np.uint64)
    for _ in range(20):
        noise.draw(state, word, ALL)
        found = [xoroshiro128(*pair) for pair in expected]
        assert word.tolist() == [w for w, _, _ in found]
        expected = [pair for _, *pair in found]
    assert state.tolist() == [a for a, _ in expected] + [b for _, b in expected]


def test_the_published_sequence_from_the_state_one_two():
    # first outputs of the reference implementation in C, as in the tests of Rust's rand_xoshiro
    expected = [393217, 669327710093319, 1732421326133921491, 11394790081659126983]
    state, found = (1, 2), []
    for _ in expected:
        word, *state = xoroshiro128(*state)
        found.append(word)
    assert found == expected


def test_moments_of_the_noise_are_exact_up_to_the_fifth():
    values = np.array([noise.variate(np.uint64(bits)) for bits in range(8)])
    for power, expected in enumerate([1, 0, 1, 0, 3, 0]):
        assert (values**power).mean() == pytest.approx(expected, abs=1e-14)
    assert sorted(set(values)) == [-RARE, -FREQUENT, FREQUENT, RARE]
    # only the lowest three bits count
    assert noise.variate(np.uint64(0b101)) == noise.variate(np.uint64(MASK - 0b010))


def test_a_word_serves_seven_steps_of_three_noises_that_share_no_bit():
    assert 9 * noise.STEPS_PER_WORD <= 64
    word = np.random.default_rng(1).integers(0, 2**64, LANES, dtype=np.uint64)
    out = np.zeros((21, LANES))
    for k in range(21):
        noise.fill_noise(word, np.uint64(3 * k), 2.0, out[k], np.uint64(0), ALL)
    bits = (word[None, :] >> (3 * np.arange(21, dtype=np.uint64))[:, None]) & np.uint64(7)
    expected = [[2 * noise.variate(b) for b in line] for line in bits]
    np.testing.assert_array_equal(out, expected)


# -- streams ---------------------------------------------------------------------------------------


def test_every_purpose_and_block_has_a_stream_of_its_own():
    keys = [(purpose, *block) for purpose in Stream for block in ((), (0,), (1,), (2,))]
    first = {key: stream(5, *key).bit_generator.random_raw(2).tolist() for key in keys}
    for one, other in itertools.combinations(keys, 2):
        assert first[one] != first[other], (one, other)


def test_the_same_stream_again_and_another_for_another_seed():
    again, other = (stream(seed, Stream.BLOCKS, 3).normal(size=4) for seed in (5, 6))
    np.testing.assert_array_equal(stream(5, Stream.BLOCKS, 3).normal(size=4), again)
    assert (again != other).all()
