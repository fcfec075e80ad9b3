// RUN: spatial-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

spatial.config @main {
  spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
    spatial.read @out ports [] port 0 address [0] : f32
  }
}

// CHECK: @out reads, so it needs a data port

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
    spatial.read @out ports ["a", "b"] apart 3 port 0 address [0] : vector<4xf32>
  }
}

// CHECK: tokens of 4 elements are 4 or more apart, got apart 3

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
    spatial.write @in ports ["a", "b"] apart 0 port 0 address [0] : f32
  }
}

// CHECK: tokens of 1 elements are 1 or more apart, got apart 0

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
    spatial.read @out ports ["a", "a"] port 0 address [0] : f32
  }
}

// CHECK: port names must be unique, "a" occurs twice in @out

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
    spatial.read @out after port 0 address [0] : f32
  }
}

// CHECK: @out runs after the iterations of the innermost controller, and there is none with a counter around it

// -----

spatial.config @main {
  spatial.controller @c {
    spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
      spatial.read @out before port 0 address [0] : f32
    }
  }
}

// CHECK: @out runs before the iterations of the innermost controller, and there is none with a counter around it

// -----

spatial.config @main {
  spatial.controller @c counters (%t = 0 to 3) {
    spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
      spatial.read @out after port 0 address [%t] : f32
    }
  }
}

// CHECK: unknown index %t, available here: none

// -----

spatial.config @main {
  spatial.controller @c counters (%t = 0 to 3) {
    spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
      "spatial.read"() <{sym_name = "out", when = "later", port = 0 : i64, bounds = array<i64>, map = affine_map<() -> (0)>, type = f32, waits = [], signals = []}> : () -> ()
    }
  }
}

// CHECK: @out runs "before" or "after", got "later"

// -----

spatial.config @main {
  spatial.output @y : tensor<3xf32>
  spatial.controller @c counters (%t = 0 to 3) {
    spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
      spatial.read @out after port 0 address [0] : f32
    }
    spatial.ag @y.store stores @y address [%t] : f32
  }
  spatial.link @m::@out to @y.store::@data : scalar depth 2
}

// CHECK: tokens must balance: @m::@out sends 1 x 1 (tokens x activations), @y.store::@data takes 1 x 3
