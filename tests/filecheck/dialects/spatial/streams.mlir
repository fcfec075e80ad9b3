// RUN: spatial-opt %s | filecheck %s
// RUN: spatial-opt %s | spatial-opt | filecheck %s
// RUN: spatial-opt %s --print-op-generic | spatial-opt | filecheck %s

// A state of two rows that two units read and write side by side, each of three elements.

// CHECK-LABEL: spatial.config @main {
spatial.config @main {
  spatial.input @x : tensor<6xf32>
  spatial.output @y : tensor<6xf32>
  spatial.ag @x.load loads @x counters (%i = 0 to 2) address [3 * %i] : vector<3xf32>
  spatial.ag @y.store stores @y counters (%i = 0 to 2) address [3 * %i] : vector<3xf32>
  spatial.controller @outer counters (%s = 0 to 1) {
    spatial.controller @steps counters (%t = 0 to 5, %u = 0 to 2) waits ["start"] signals ["go"] {
      spatial.pmu @h holds tensor<2x6xf32> banked (4, 1) init zero {
        // Of the counters around it a stream outside sees those that repeat it.
        // CHECK: spatial.write @first before ports ["x"] port 0 counters (%i = 0 to 2) address [%s, 3 * %i] signals ["ready"] : vector<3xf32>
        spatial.write @first before ports ["x"] port 0 counters (%i = 0 to 2) address [%s, 3 * %i] signals ["ready"] : vector<3xf32>
        // CHECK-NEXT: spatial.read @old ports ["a", "b"] apart 3 port 0 counters (%i = 0 to 3) address [%u, %i] waits ["go", "next"] : f32
        spatial.read @old ports ["a", "b"] apart 3 port 0 counters (%i = 0 to 3) address [%u, %i] waits ["go", "next"] : f32
        // CHECK-NEXT: spatial.write @new ports ["a.in", "b.in"] apart 3 port 0 counters (%i = 0 to 3) address [(%u + 1) mod 2, %i] signals ["done"] : f32
        spatial.write @new ports ["a.in", "b.in"] apart 3 port 0 counters (%i = 0 to 3) address [(%u + 1) mod 2, %i] signals ["done"] : f32
        // CHECK-NEXT: spatial.read @last after port 0 counters (%i = 0 to 2) address [0, 3 * %i] waits ["over"] : vector<3xf32>
        spatial.read @last after port 0 counters (%i = 0 to 2) address [0, 3 * %i] waits ["over"] : vector<3xf32>
      }
    }
  }
  spatial.link @h::@a to @h::@a.in : scalar depth 4
  spatial.link @h::@b to @h::@b.in : scalar depth 4
  spatial.link @x.load::@data to @h::@x : vector depth 4
  spatial.link @h::@last to @y.store::@data : vector depth 4
  spatial.link @h::@ready to @steps::@start : token depth 2 hold 10
  spatial.link @steps::@go to @h::@go : token depth 2
  spatial.link @h::@done to @h::@next : token depth 2 init 1
  spatial.link @h::@done to @h::@over : token depth 2 every 10
}

// A name of a counter of the controller that does not repeat the stream is free.
// CHECK-LABEL: spatial.config @free {
spatial.config @free {
  spatial.input @x : tensor<6xf32>
  spatial.ag @x.load loads @x counters (%i = 0 to 6) address [%i] : f32
  spatial.controller @steps counters (%t = 0 to 5) {
    spatial.pmu @h holds tensor<6xf32> banked (4, 1) init zero {
      // CHECK: spatial.write @first before ports ["x"] port 0 counters (%t = 0 to 6) address [%t] : f32
      spatial.write @first before ports ["x"] port 0 counters (%t = 0 to 6) address [%t] : f32
    }
  }
  spatial.link @x.load::@data to @h::@x : scalar depth 4
}
