// RUN: spatial-opt %s -p "convert-rnn-to-pattern" | filecheck %s
// RUN: spatial-opt %s -p "convert-rnn-to-pattern" | spatial-opt | filecheck %s
// RUN: spatial-opt %s -p "convert-rnn-to-pattern,convert-rnn-to-pattern" | filecheck %s
// RUN: spatial-opt %s -p "convert-rnn-to-pattern" | filecheck %s --check-prefix GONE

// GONE-NOT: rnn.

// One kernel per gate, the cell before the output gate; only Y is wanted.
// CHECK-LABEL: func.func @lstm
// CHECK-SAME: (%x: tensor<8x1x3xf32>)
func.func @lstm(%x : tensor<8x1x3xf32>) -> tensor<8x1x1x4xf32> {
  // CHECK: %w = pattern.parameter "W" : tensor<1x16x3xf32>
  %w = pattern.parameter "W" : tensor<1x16x3xf32>
  %r = pattern.parameter "R" : tensor<1x16x4xf32>
  %b = pattern.parameter "B" : tensor<1x32xf32>
  // CHECK: [[h0:%.+]] = arith.constant dense<0.000000e+00> : tensor<1x1x4xf32>
  // CHECK: [[c0:%.+]] = arith.constant dense<0.000000e+00> : tensor<1x1x4xf32>
  // CHECK: {{%.+}}, {{%.+}}, [[y:%.+]] = pattern.scan ([[t:%.+]] in 8) carry ([[hp:%.+]] = [[h0]] : tensor<1x1x4xf32>, [[cp:%.+]] = [[c0]] : tensor<1x1x4xf32>) -> (tensor<1x1x4xf32>, tensor<1x1x4xf32>, tensor<8x1x1x4xf32>) {
  // CHECK-NEXT: [[wx:%wx.*]] = pattern.map ([[b:%.+]] in 1, [[g:%.+]] in 4, [[j:%.+]] in 4) -> tensor<1x4x4xf32> {
  // CHECK-NEXT:   [[s:%.+]] = pattern.reduce add ([[k:%.+]] in 3) : f32 {
  // CHECK-NEXT:     [[p:%.+]] = pattern.read %w[0, 4 * [[g]] + [[j]], [[k]]]
  // CHECK-NEXT:     [[q:%.+]] = pattern.read %x{{\[}}[[t]], [[b]], [[k]]]
  // CHECK-NEXT:     [[m:%.+]] = arith.mulf [[p]], [[q]] : f32
  // CHECK-NEXT:     pattern.yield [[m]] : f32
  // CHECK-NEXT:   }
  // CHECK-NEXT:   pattern.yield [[s]] : f32
  // CHECK-NEXT: }
  // CHECK-NEXT: [[rh:%rh.*]] = pattern.map
  // CHECK:          pattern.read %r[0,
  // CHECK-NEXT:     pattern.read [[hp]][0,
  // CHECK: [[pre:%pre.*]] = pattern.map ([[b:%.+]] in 1, [[g:%.+]] in 4, [[j:%.+]] in 4) -> tensor<1x4x4xf32> {
  // CHECK:        pattern.read %b[0, 4 * [[g]] + [[j]]]
  // CHECK-NEXT:   pattern.read %b[0, 4 * [[g]] + [[j]] + 16]
  // CHECK: [[i:%i.*]] = pattern.map ([[b:%.+]] in 1, [[j:%.+]] in 4) -> tensor<1x4xf32> {
  // CHECK-NEXT:   [[v:%.+]] = pattern.read [[pre]]{{\[}}[[b]], 0, [[j]]]
  // CHECK-NEXT:   [[a:%.+]] = pattern.activate sigmoid [[v]] : f32
  // CHECK: [[f:%f.*]] = pattern.map
  // CHECK-NEXT:   pattern.read [[pre]]{{\[.*}}, 2, 
  // CHECK: [[gg:%g.*]] = pattern.map
  // CHECK-NEXT:   pattern.read [[pre]]{{\[.*}}, 3, 
  // CHECK-NEXT:   pattern.activate tanh
  // CHECK: [[c:%c.*]] = pattern.map ({{%.+}} in 1, {{%.+}} in 1, {{%.+}} in 4) -> tensor<1x1x4xf32> {
  // CHECK-NEXT:   pattern.read [[cp]][
  // CHECK: [[o:%o.*]] = pattern.map
  // CHECK-NEXT:   pattern.read [[pre]]{{\[.*}}, 1, 
  // CHECK: [[ct:%ct.*]] = pattern.map
  // CHECK-NEXT:   pattern.read [[c]][0, 
  // CHECK: [[h:%h.*]] = pattern.map
  // CHECK-NEXT:   pattern.read [[o]][
  // CHECK-NEXT:   pattern.read [[ct]][
  // CHECK: pattern.next [[h]], [[c]] emit [[h]]
  // CHECK: func.return [[y]]
  %y, %yh, %yc = rnn.lstm %x, %w, %r bias %b hidden 4 : (tensor<8x1x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x32xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>)
  func.return %y : tensor<8x1x1x4xf32>
}

// Peepholes, coupled gates, clipping, a sequence read backwards that ends early.
// CHECK-LABEL: func.func @lstm_options
func.func @lstm_options(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>, %n : tensor<2xi32>, %p : tensor<1x12xf32>) -> tensor<1x2x4xf32> {
  // CHECK: pattern.scan reverse ([[t:%.+]] in 8)
  // CHECK: [[i:%i.*]] = pattern.map
  // CHECK: [[pi:%.+]] = pattern.read %p[0, {{%.+}}] : tensor<1x12xf32>
  // CHECK: arith.mulf [[pi]],
  // CHECK: arith.constant -3.000000e+00 : f32
  // CHECK-NEXT: arith.maximumf
  // CHECK-NEXT: arith.constant 3.000000e+00 : f32
  // CHECK-NEXT: [[v:%.+]] = arith.minimumf
  // CHECK-NEXT: pattern.activate sigmoid [[v]] : f32
  // CHECK: [[f:%f.*]] = pattern.map
  // CHECK-NEXT: [[iv:%.+]] = pattern.read [[i]][
  // CHECK-NEXT: [[one:%.+]] = arith.constant 1.000000e+00 : f32
  // CHECK-NEXT: arith.subf [[one]], [[iv]] : f32
  // CHECK: [[c:%c.*]] = pattern.map
  // CHECK: [[len:%.+]] = pattern.read %n[
  // CHECK: [[now:%.+]] = arith.index_cast [[t]] : index to i32
  // CHECK: [[running:%.+]] = arith.cmpi slt, [[now]], [[len]] : i32
  // CHECK: arith.select [[running]]
  // CHECK: %o{{.*}} = pattern.map
  // CHECK: pattern.read %p[0, {{%.+}} + 4]
  // CHECK: pattern.read [[c]][0,
  %y, %yh, %yc = rnn.lstm %x, %w, %r sequence_lens %n peepholes %p hidden 4 direction reverse clip 3.0 input_forget : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<2xi32>, tensor<1x12xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return %yh : tensor<1x2x4xf32>
}

// The reset gate before the product: the vector r * h, then a product of its own.
// CHECK-LABEL: func.func @gru
func.func @gru(%x : tensor<8x1x3xf32>, %w : tensor<1x12x3xf32>, %r : tensor<1x12x4xf32>) -> tensor<1x1x4xf32> {
  // CHECK: [[rh:%rh.*]] = pattern.map ({{%.+}} in 1, {{%.+}} in 2, {{%.+}} in 4)
  // CHECK: [[rs:%rs.*]] = pattern.map
  // CHECK: [[rn:%rn.*]] = pattern.map ({{%.+}} in 1, {{%.+}} in 4)
  // CHECK: pattern.read %r[0, {{%.+}} + 8, {{%.+}}]
  // CHECK-NEXT: pattern.read [[rs]][0,
  // CHECK: %n{{.*}} = pattern.map
  // CHECK: pattern.next
  %y, %yh = rnn.gru %x, %w, %r hidden 4 : (tensor<8x1x3xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
  func.return %yh : tensor<1x1x4xf32>
}

// mixed8: weights and input change type, products stay in 8 bits, the state is kept twice.
// CHECK-LABEL: func.func @mixed8
// CHECK-SAME: (%x: tensor<8x1x3xf8E4M3FN> {pattern.name = "in", pattern.scale = 8.000000e+00 : f32})
func.func @mixed8(%x : tensor<8x1x3xf32> {pattern.name = "in"}) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>) {
  // CHECK-NEXT: [[w:%w.*]] = pattern.parameter "W" scale 4.0 : tensor<1x4x3xf8E4M3FN>
  // CHECK-NEXT: [[r:%r.*]] = pattern.parameter "R" scale 2.0 : tensor<1x4x4xf8E4M3FN>
  %w = pattern.parameter "W" : tensor<1x4x3xf32>
  %r = pattern.parameter "R" : tensor<1x4x4xf32>
  // CHECK: pattern.scan ({{%.+}} in 8) carry ([[hp:%.+]] = {{%.+}} : tensor<1x1x4xf8E4M3FN>, {{%.+}} = {{%.+}} : tensor<1x1x4xf32>)
  // CHECK: pattern.reduce add ({{%.+}} in 3) through [f16, f32] : f32 {
  // CHECK: arith.mulf {{.*}} : f8E4M3FN
  // CHECK: arith.constant 3.125000e-02 : f32
  // CHECK-NEXT: arith.mulf {{.*}} : f32
  // CHECK: [[h:%.+]], [[hq:%.+]] = pattern.map {{.*}} -> (tensor<1x1x4xf32>, tensor<1x1x4xf8E4M3FN>)
  // CHECK: [[v:%.+]] = pattern.activate sigmoid with table
  // CHECK-NEXT: [[vq:%.+]] = pattern.convert [[v]] scale 32.0 : f32 to f8E4M3FN
  // CHECK-NEXT: pattern.yield [[v]], [[vq]]
  // CHECK: pattern.next [[hq]], [[h]] emit [[h]]
  %y, %yh = rnn.rnn %x, %w, %r hidden 4 activations [sigmoid] format <mixed8, input 8.0, weight 4.0, recurrent 2.0, state 32.0> : (tensor<8x1x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
  func.return %y, %yh : tensor<8x1x1x4xf32>, tensor<1x1x4xf32>
}

// Two formats of one parameter, and an argument that others use too: a conversion kernel.
// CHECK-LABEL: func.func @formats
// CHECK-SAME: (%x: tensor<2x4xf32>)
func.func @formats(%x : tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  // CHECK-DAG: [[w8:%.+]] = pattern.parameter "W" scale 1{{.+}} : tensor<3x4xi8>
  // CHECK-DAG: [[w16:%.+]] = pattern.parameter "W" : tensor<3x4xbf16>
  // CHECK-DAG: [[w32:%.+]] = pattern.parameter "W" : tensor<3x4xf32>
  %w = pattern.parameter "W" : tensor<3x4xf32>
  // CHECK: [[x8:%.+]] = pattern.map
  // CHECK: pattern.convert {{.*}} scale 5{{.+}} : f32 to i8
  // CHECK: pattern.reduce add ({{%.+}} in 4) through [i32] : i32
  // CHECK: pattern.read [[w8]][
  // CHECK: pattern.read [[x8]][
  // CHECK: [[p:%.+]] = arith.muli {{.*}} : i16
  // CHECK-NEXT: pattern.yield [[p]] : i16
  // CHECK: pattern.convert {{.*}} scale {{.+}} : i32 to f32
  %a = rnn.linear %x, %w format <int8, input 50.0, weight 100.0> : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  // CHECK: pattern.read [[w16]][
  // CHECK: pattern.convert {{.*}} : bf16 to f32
  %b = rnn.linear %x, %w format <bf16> : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  // CHECK: pattern.read [[w32]][
  // CHECK-NEXT: pattern.read %x[
  %c = rnn.linear %x, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  func.return %a, %b, %c : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// Both directions: two scans, and a map that selects by the direction.
// CHECK-LABEL: func.func @both
func.func @both(%x : tensor<8x1x3xf32>, %w : tensor<2x4x3xf32>, %r : tensor<2x4x4xf32>, %h : tensor<2x1x4xf32>) -> tensor<8x2x1x4xf32> {
  // CHECK: {{%.+}}, [[yf:%.+]] = pattern.scan (
  // CHECK: {{%.+}}, [[yr:%.+]] = pattern.scan reverse (
  // CHECK: pattern.map ([[t:%.+]] in 8, [[d:%.+]] in 2, [[b:%.+]] in 1, [[j:%.+]] in 4) -> tensor<8x2x1x4xf32> {
  // CHECK: arith.cmpi eq, [[d]],
  // CHECK-NEXT: arith.select
  %y, %yh = rnn.rnn %x, %w, %r initial_h %h hidden 4 direction bidirectional : (tensor<8x1x3xf32>, tensor<2x4x3xf32>, tensor<2x4x4xf32>, tensor<2x1x4xf32>) -> (tensor<8x2x1x4xf32>, tensor<2x1x4xf32>)
  func.return %y : tensor<8x2x1x4xf32>
}

// Results nobody uses produce nothing.
// CHECK-LABEL: func.func @unused
func.func @unused(%x : tensor<8x1x3xf32>, %w : tensor<1x4x3xf32>, %r : tensor<1x4x4xf32>) {
  // CHECK-NEXT: func.return
  %y, %yh = rnn.rnn %x, %w, %r hidden 4 : (tensor<8x1x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// Factors of rows: of the sum of both products, before the biases.
// CHECK-LABEL: func.func @rows
func.func @rows(%x : tensor<8x1x3xf32>, %w : tensor<1x12x3xf32>, %r : tensor<1x12x4xf32>, %b : tensor<1x24xf32>, %f : tensor<1x12xf32>) -> tensor<1x1x4xf32> {
  // CHECK: %pre = pattern.map
  // CHECK: [[sum:%.+]] = arith.addf
  // CHECK-NEXT: [[factor:%.+]] = pattern.read %f[0, 4 * [[g:%.+]] + [[j:%.+]]]
  // CHECK-NEXT: [[scaled:%.+]] = arith.mulf [[sum]], [[factor]]
  // CHECK: arith.addf [[scaled]], {{%.+}}
  // The candidate of a GRU keeps its two products apart: each takes the factor.
  // CHECK: %n = pattern.map
  // CHECK: pattern.read %f[0, {{%.+}} + 8]
  // CHECK: pattern.read %f[0, {{%.+}} + 8]
  %y, %yh = rnn.gru %x, %w, %r bias %b rows %f hidden 4 : (tensor<8x1x3xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32>, tensor<1x24xf32>, tensor<1x12xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
  func.return %yh : tensor<1x1x4xf32>
}
