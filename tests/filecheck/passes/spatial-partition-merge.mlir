// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-partition{merge=always}" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-partition{merge=always},spatial-partition{merge=always}" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-partition" --split-input-file | filecheck %s --check-prefix=APART

// Both run four times: the second's stages follow the first's, and its ports get free names.
// CHECK-LABEL: spatial.config @alike {
// CHECK:         spatial.pcu @a counters ([[i:%.+]] = 0 to 4) {
// CHECK-NEXT:      [[v:%.+]] = spatial.receive "v" : f32
// CHECK-NEXT:      [[w:%.+]] = spatial.receive "v_1" : f32
// CHECK-NEXT:      spatial.stage 0
// CHECK-NEXT:      [[p:%.+]] = arith.addf [[v]], [[v]] : f32
// CHECK-NEXT:      spatial.send "out" [[p]] : f32
// CHECK-NEXT:      spatial.stage 1
// CHECK-NEXT:      [[q:%.+]] = arith.mulf [[w]], [[w]] : f32
// CHECK-NEXT:      spatial.stage 2
// CHECK-NEXT:      [[r:%.+]] = arith.subf [[q]], [[w]] : f32
// CHECK-NEXT:      spatial.send "out_1" [[r]] : f32
// CHECK-NEXT:    }
// CHECK-NOT:     spatial.pcu
// CHECK:         spatial.link @load::@data to @a::@v : scalar depth 2
// CHECK-NEXT:    spatial.link @load::@data to @a::@v_1 : scalar depth 2
// CHECK-NEXT:    spatial.link @a::@out to @s.store::@data : scalar depth 2
// CHECK-NEXT:    spatial.link @a::@out_1 to @t.store::@data : scalar depth 2

// APART-LABEL: spatial.config @alike {
// APART:         spatial.pcu @a
// APART:         spatial.pcu @b
spatial.config @alike {
  spatial.input @x : tensor<4xf32>
  spatial.output @s : tensor<4xf32>
  spatial.output @t : tensor<4xf32>
  spatial.ag @load loads @x counters (%i = 0 to 4) address [%i] : f32
  spatial.pcu @a counters (%i = 0 to 4) {
    %v = spatial.receive "v" : f32
    %p = arith.addf %v, %v : f32
    spatial.send "out" %p : f32
  }
  spatial.pcu @b counters (%j = 0 to 4) {
    %v = spatial.receive "v" : f32
    %q = arith.mulf %v, %v : f32
    %r = arith.subf %q, %v : f32
    spatial.send "out" %r : f32
  }
  spatial.ag @s.store stores @s counters (%i = 0 to 4) address [%i] : f32
  spatial.ag @t.store stores @t counters (%i = 0 to 4) address [%i] : f32
  spatial.link @load::@data to @a::@v : scalar depth 2
  spatial.link @load::@data to @b::@v : scalar depth 2
  spatial.link @a::@out to @s.store::@data : scalar depth 2
  spatial.link @b::@out to @t.store::@data : scalar depth 2
}

// -----

// Other counters, and a result that the other needs: all three stay.
// CHECK-LABEL: spatial.config @unlike {
// CHECK:         spatial.pcu @a counters
// CHECK:         spatial.pcu @b counters
// CHECK:         spatial.pcu @c counters
spatial.config @unlike {
  spatial.input @x : tensor<4xf32>
  spatial.output @s : tensor<4xf32>
  spatial.output @t : tensor<2xf32>
  spatial.ag @load loads @x counters (%i = 0 to 4) address [%i] : f32
  spatial.ag @half loads @x counters (%i = 0 to 2) address [%i] : f32
  spatial.pcu @a counters (%i = 0 to 4) {
    %v = spatial.receive "v" : f32
    %p = arith.addf %v, %v : f32
    spatial.send "out" %p : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "v" : f32
    %p = arith.addf %v, %v : f32
    spatial.send "out" %p : f32
  }
  spatial.pcu @c counters (%i = 0 to 2) {
    %v = spatial.receive "v" : f32
    %p = arith.addf %v, %v : f32
    spatial.send "out" %p : f32
  }
  spatial.ag @s.store stores @s counters (%i = 0 to 4) address [%i] : f32
  spatial.ag @t.store stores @t counters (%i = 0 to 2) address [%i] : f32
  spatial.link @load::@data to @a::@v : scalar depth 2
  spatial.link @a::@out to @b::@v : scalar depth 2
  spatial.link @half::@data to @c::@v : scalar depth 2
  spatial.link @b::@out to @s.store::@data : scalar depth 2
  spatial.link @c::@out to @t.store::@data : scalar depth 2
}
