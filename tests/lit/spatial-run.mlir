// The command line itself: a model without inputs, its report, its outputs.
// RUN: spatial-run %s --report json --outputs %t.npz | filecheck %s
// RUN: spatial-run %s --evaluator numpy --seed 1 | filecheck %s --check-prefix=TEXT
// RUN: not spatial-run %s --target nowhere 2>&1 | filecheck %s --check-prefix=TARGET

// CHECK:     "schema": "spatial-opt.run/1"
// CHECK:     "target": "plasticine-rnn"
// CHECK:     "notes": [
// CHECK:       no --inputs: random ones from seed 0

// TEXT:      target plasticine-rnn
// TEXT:      where the cycles went
// TEXT:      note: no --inputs: random ones from seed 1

// TARGET:    spatial-run: error: {{.*}}nowhere

func.func @main(%x : tensor<40xf32> {pattern.name = "x"}) -> (tensor<40xf32> {pattern.name = "y"}) {
  %y = pattern.map (%i in 40) -> tensor<40xf32> {
    %a = pattern.read %x[%i] : tensor<40xf32>
    %b = arith.addf %a, %a : f32
    pattern.yield %b : f32
  }
  func.return %y : tensor<40xf32>
}
