"""The compiled engine: the same numbers in plain Python, and no write beyond an array."""

import json

import numpy as np

from tests.blochball.known import python
from tests.blochball.twa.paths import small_runs

PLAIN = """
import json
import numpy as np
np.seterr(over="ignore")  # words wrap around
from numba.core import config
from tests.blochball.twa.paths import small_runs
assert config.DISABLE_JIT
print(json.dumps(small_runs()))
"""


def test_plain_python_and_compiled_code_give_the_same_numbers():
    plain = json.loads(python(PLAIN, NUMBA_DISABLE_JIT="1"))
    compiled = small_runs()
    assert plain.keys() == compiled.keys()
    for name, variables in compiled.items():
        assert plain[name].keys() == variables.keys()
        for variable, value in variables.items():
            scale = max(map(abs, value), default=0) + 1e-30
            found = np.array(plain[name][variable]) / scale
            label = f"{name}: {variable}"
            np.testing.assert_allclose(found, np.array(value) / scale, atol=1e-9, err_msg=label)
