// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},convert-pattern-to-spatial" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},convert-pattern-to-spatial" | spatial-opt | filecheck %s
// RUN: not spatial-opt %s -p "convert-pattern-to-spatial" 2>&1 | filecheck %s --check-prefix=TARGET

// A recurrence h' = W.h + x[t], two rows at once, two pieces of one dot product.

// CHECK-LABEL: spatial.config @main {
// CHECK-NEXT:    spatial.input @x : tensor<3x4xf32>
// CHECK-NEXT:    spatial.output @y : tensor<3x4xf32>
// CHECK-NEXT:    spatial.controller @scan counters (%t = 0 to 3) waits ["again"] signals ["go"] {

// Row 2j + copy of piece k, read without leave: it is a constant.
// CHECK-NEXT:      spatial.pmu @s.W.0.0 holds tensor<2x16xf32> banked (16, 1) init parameter "W" [4, 20] map affine_map<(d0, d1) -> ((d0 * 2), d1)> {
// CHECK-NEXT:        spatial.read @to.s port 0 counters (%j = 0 to 2, %k = 0 to 1) address [%j, 16 * %k] : vector<16xf32>

// The state has one buffer: only %g, which makes the next one, and what runs before it read it. This
// piece takes its own part of what is written.
// CHECK:           spatial.pmu @h.0 holds tensor<16xf32> banked (16, 1) init zero {
// CHECK-NEXT:        spatial.write @in ports ["data"] port 0 counters (%i = 0 to 2) address [16 * %i] clip signals ["in.done"] : vector<16xf32>
// CHECK-NEXT:        spatial.read @to.s port 0 counters (%j = 0 to 2, %k = 0 to 1) address [16 * %k] waits ["to.s.go"] : vector<16xf32>
// CHECK:           spatial.pcu @s.dot.0.0 counters (%j = 0 to 2, %k = 0 to 1) {
// CHECK-NEXT:        [[a:%.+]] = spatial.receive "a" : vector<16xf32>
// CHECK-NEXT:        [[b:%.+]] = spatial.receive "b" : vector<16xf32>
// CHECK-NEXT:        [[p:%.+]] = arith.mulf [[a]], [[b]] : vector<16xf32>
// CHECK-NEXT:        [[r:%.+]] = spatial.fold add [[p]] per %j : vector<16xf32> to f32
// CHECK-NEXT:        spatial.send "out" [[r]] per %j : f32
// CHECK:           spatial.pmu @h.1 holds tensor<4xf32> banked (16, 1) init zero {
// CHECK-NEXT:        spatial.write @in ports ["data"] port 0 counters (%i = 0 to 2) address [16 * %i - 16] clip
// CHECK-NEXT:        spatial.read @to.s {{.*}} padded waits ["to.s.go", "to.s.full"] : vector<16xf32>
// CHECK:           spatial.pcu @s.row.0 counters (%j = 0 to 2) {
// CHECK-NEXT:        [[p0:%.+]] = spatial.receive "part" : f32
// CHECK-NEXT:        [[p1:%.+]] = spatial.receive "part_1" : f32
// CHECK-NEXT:        [[sum:%.+]] = arith.addf [[p0]], [[p1]] : f32
// CHECK-NEXT:        spatial.send {{"[a-z]+"}} [[sum]] : f32

// The copies' scalars go into neighbouring elements.
// CHECK:           spatial.pmu @s holds tensor<4xf32> banked (16, 1) init zero {
// CHECK-NEXT:        spatial.write @in ports ["in0", "in1"] port 0 counters (%j = 0 to 2) address [2 * %j] signals ["in.done"] : f32
// The argument is staged a step ahead, in two buffers.
// CHECK:           spatial.pmu @x_1 holds tensor<2x4xf32>
// CHECK-NEXT:        spatial.write @in ports ["data"] port 0 counters (%i = 0 to 1) address [%t mod 2, 16 * %i] clip waits ["in.free"] signals ["in.done"] : vector<16xf32>
// CHECK-DAG:     spatial.link @s.row.1::{{@.+}} to @s::@in1 : scalar depth 16
// CHECK-DAG:     spatial.link @x.load::@data to @x_1::@data : vector depth 16
// The loop's leave goes straight to the first kernel; the next one waits for what that one wrote.
// CHECK-DAG:     spatial.link @scan::@go to @h.0::@to.s.go : token depth 2
// CHECK-DAG:     spatial.link @scan::@go to @h.1::@to.s.go : token depth 2
// CHECK-DAG:     spatial.link @s::@in.done to @run.n::@done : token depth 2
// CHECK-DAG:     spatial.link {{@.+}}::@in.done to @scan::@again{{.*}} : token depth 2 init 1

// TARGET: convert-pattern-to-spatial: the module has no target; run set-target{name=...} first

func.func @main(%x : tensor<3x4xf32> {pattern.name = "x"}) -> (tensor<3x4xf32> {pattern.name = "y"}) {
  %W = pattern.parameter "W" : tensor<4x20xf32>
  %zero = arith.constant dense<0.0> : tensor<20xf32>
  %last, %y = pattern.scan (%t in 3) carry (%h = %zero : tensor<20xf32>) -> (tensor<20xf32>, tensor<3x4xf32>) {
    %s = pattern.map (%j in 4 par 2) -> tensor<4xf32> {
      %r = pattern.reduce add (%k in 20 par 2 x 16) : f32 {
        %a = pattern.read %W[%j, %k] : tensor<4x20xf32>
        %b = pattern.read %h[%k] : tensor<20xf32>
        %p = arith.mulf %a, %b : f32
        pattern.yield %p : f32
      }
      pattern.yield %r : f32
    }
    %n = pattern.map (%i in 4 par 1 x 16) -> tensor<4xf32> {
      %u = pattern.read %s[%i] : tensor<4xf32>
      %v = pattern.read %x[%t, %i] : tensor<3x4xf32>
      %q = arith.addf %u, %v : f32
      pattern.yield %q : f32
    }
    %g = pattern.map (%i in 20 par 1 x 16) -> tensor<20xf32> {
      %u = pattern.read %h[%i] : tensor<20xf32>
      %q = arith.addf %u, %u : f32
      pattern.yield %q : f32
    }
    pattern.next %g emit %n : tensor<20xf32>, tensor<4xf32>
  }
  func.return %y : tensor<3x4xf32>
}
