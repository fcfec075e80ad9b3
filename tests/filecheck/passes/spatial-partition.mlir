// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-partition" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-partition,spatial-partition" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=plasticine-isca17},spatial-partition" --split-input-file | filecheck %s --check-prefix=TREE

// Too long: what is behind the fold runs once per result, and constants go where they are used.
// With a reduction tree that is not folded, the tree takes stages 1 to 3 of six.
// CHECK-LABEL: spatial.config @long {
// CHECK:         spatial.pcu @dot.p0 counters ([[j:%.+]] = 0 to 128, {{%.+}} = 0 to 4) {
// CHECK-NEXT:      [[w:%.+]] = spatial.receive "w" : vector<4xf32>
// CHECK-NEXT:      spatial.stage 0
// CHECK-NEXT:      [[p:%.+]] = arith.mulf [[w]], [[w]]
// CHECK-NEXT:      spatial.stage 1
// CHECK-NEXT:      [[s:%.+]] = spatial.fold add [[p]] per [[j]] : vector<4xf32> to f32
// CHECK-NEXT:      spatial.send "s" [[s]] per [[j]] : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    spatial.pcu @dot.p1 counters ({{%.+}} = 0 to 128) {
// CHECK-NEXT:      [[one:%.+]] = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:      [[b:%.+]] = spatial.receive "b" : f32
// CHECK-NEXT:      [[s1:%.+]] = spatial.receive "s" : f32
// CHECK-NEXT:      spatial.stage 0
// CHECK-NEXT:      [[o:%.+]] = arith.addf [[s1]], [[b]] : f32
// CHECK-NEXT:      spatial.stage 1
// CHECK-NEXT:      [[o2:%.+]] = arith.addf [[o]], [[one]] : f32
// CHECK-NEXT:      spatial.stage 2
// CHECK-NEXT:      [[o3:%.+]] = arith.mulf [[o2]], [[one]] : f32
// CHECK-NEXT:      spatial.send "o3" [[o3]] : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    spatial.pcu @dot.p2 counters ({{%.+}} = 0 to 128) {
// CHECK-NEXT:      [[b:%.+]] = spatial.receive "b" : f32
// CHECK-NEXT:      [[o3:%.+]] = spatial.receive "o3" : f32
// CHECK-NEXT:      spatial.stage 0
// CHECK-NEXT:      [[o4:%.+]] = arith.divf [[o3]], [[b]] : f32
// CHECK-NEXT:      spatial.send "out" [[o4]] : f32
// CHECK-NEXT:    }
// CHECK:         spatial.link @W::@out to @dot.p0::@w : vector depth 16
// CHECK-NEXT:    spatial.link @B::@out to @dot.p1::@b : scalar depth 16
// CHECK-NEXT:    spatial.link @B::@out to @dot.p2::@b : scalar depth 16
// CHECK-NEXT:    spatial.link @dot.p2::@out to @y.store::@data : scalar depth 16
// CHECK-NEXT:    spatial.link @dot.p0::@s to @dot.p1::@s : scalar depth 2
// CHECK-NEXT:    spatial.link @dot.p1::@o3 to @dot.p2::@o3 : scalar depth 2

// TREE-LABEL: spatial.config @long {
// TREE:         spatial.pcu @dot.p0 counters ([[j:%.+]] = 0 to 128, {{%.+}} = 0 to 4) {
// TREE:           spatial.stage 1
// TREE-NEXT:      [[s:%.+]] = spatial.fold add
// TREE-NEXT:      spatial.stage 4
// TREE-NEXT:      [[o:%.+]] = arith.addf [[s]]
// TREE-NEXT:      spatial.stage 5
// TREE-NEXT:      [[o2:%.+]] = arith.addf [[o]]
// TREE-NEXT:      spatial.send "o2" [[o2]] per [[j]] : f32
// TREE:         spatial.pcu @dot.p1 counters
spatial.config @long {
  spatial.output @y : tensor<128xf32>
  spatial.pmu @W holds tensor<2x4xf32> banked (4, 1) init parameter "W" {
    spatial.read @out port 0 counters (%i = 0 to 512) address [%i mod 2, 0] : vector<4xf32>
  }
  spatial.pmu @B holds tensor<128xf32> banked (4, 1) init parameter "b" {
    spatial.read @out port 0 counters (%j = 0 to 128) address [%j] : f32
  }
  spatial.pcu @dot counters (%j = 0 to 128, %k = 0 to 4) {
    %w = spatial.receive "w" : vector<4xf32>
    %b = spatial.receive "b" per %j : f32
    %one = arith.constant 1.0 : f32
    %p = arith.mulf %w, %w : vector<4xf32>
    %s = spatial.fold add %p per %j : vector<4xf32> to f32
    %o = arith.addf %s, %b : f32
    %o2 = arith.addf %o, %one : f32
    %o3 = arith.mulf %o2, %one : f32
    %o4 = arith.divf %o3, %b : f32
    spatial.send "out" %o4 per %j : f32
  }
  spatial.ag @y.store stores @y counters (%i = 0 to 128) address [%i] : f32
  spatial.link @W::@out to @dot::@w : vector depth 16
  spatial.link @B::@out to @dot::@b : scalar depth 16
  spatial.link @dot::@out to @y.store::@data : scalar depth 16
}

// -----

// What fits keeps its name; a widening takes no stage, a narrowing does.
// CHECK-LABEL: spatial.config @fits {
// CHECK:         spatial.pcu @low at (0, 0) counters ({{%.+}} = 0 to 2) {
// CHECK-NEXT:      [[v:%.+]] = spatial.receive "v" : vector<4xi16>
// CHECK-NEXT:      spatial.stage 0
// CHECK-NEXT:      [[wide:%.+]] = pattern.convert [[v]] : vector<4xi16> to vector<4xi32>
// CHECK-NEXT:      [[p:%.+]] = arith.muli [[wide]], [[wide]] : vector<4xi32>
// CHECK-NEXT:      spatial.stage 1
// CHECK-NEXT:      [[n:%.+]] = pattern.convert [[p]] : vector<4xi32> to vector<4xi16>
// CHECK-NEXT:      [[again:%.+]] = pattern.convert [[n]] : vector<4xi16> to vector<4xi32>
// CHECK-NEXT:      spatial.send "out" [[again]] : vector<4xi32>
// CHECK-NEXT:    }
// CHECK:         spatial.pcu @copy {
// CHECK-NEXT:      [[v:%.+]] = spatial.receive "v" : vector<4xi32>
// CHECK-NEXT:      spatial.stage 0
// CHECK-NEXT:      spatial.send "out" [[v]] : vector<4xi32>
// CHECK-NEXT:    }
// CHECK-NOT:     spatial.pcu
spatial.config @fits {
  spatial.pmu @m holds tensor<4xi16> banked (4, 1) init zero {
    spatial.read @out port 0 counters (%i = 0 to 2) address [0] : vector<4xi16>
  }
  spatial.pmu @f holds tensor<4xi32> banked (4, 1) init zero {
    spatial.read @out port 0 address [0] : vector<4xi32>
    spatial.write @in ports ["in"] port 0 address [0] : vector<4xi32>
    spatial.write @in2 ports ["in2"] port 0 counters (%i = 0 to 2) address [0] : vector<4xi32>
  }
  spatial.pcu @low at (0, 0) counters (%i = 0 to 2) {
    %v = spatial.receive "v" : vector<4xi16>
    %wide = pattern.convert %v : vector<4xi16> to vector<4xi32>
    %p = arith.muli %wide, %wide : vector<4xi32>
    %n = pattern.convert %p : vector<4xi32> to vector<4xi16>
    %again = pattern.convert %n : vector<4xi16> to vector<4xi32>
    spatial.send "out" %again : vector<4xi32>
  }
  spatial.pcu @copy {
    %v = spatial.receive "v" : vector<4xi32>
    spatial.send "out" %v : vector<4xi32>
  }
  spatial.link @m::@out to @low::@v : vector depth 2
  spatial.link @low::@out to @f::@in2 : vector depth 2
  spatial.link @f::@out to @copy::@v : vector depth 2
  spatial.link @copy::@out to @f::@in : vector depth 2
}
