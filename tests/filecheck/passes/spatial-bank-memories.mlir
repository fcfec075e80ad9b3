// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-bank-memories" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-bank-memories,spatial-bank-memories" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-bank-memories" --split-input-file --remarks 2>&1 | filecheck %s --check-prefix=SAID

// Neighbouring words never conflict; where nobody asks, there is nothing to say.
// SAID-NOT:    @W:
// CHECK-LABEL: spatial.config @rows {
// CHECK:         spatial.pmu @W holds tensor<8x16xf32> banked (4, 1) init parameter "W" {
spatial.config @rows {
  spatial.output @y : tensor<8x16xf32>
  spatial.pmu @W holds tensor<8x16xf32> banked (4, 1) init parameter "W" {
    spatial.read @out port 0 counters (%j = 0 to 8, %k = 0 to 4) address [%j, 4 * %k] : vector<4xf32>
  }
  spatial.ag @y.store stores @y counters (%j = 0 to 8, %k = 0 to 4) address [%j, 4 * %k] : vector<4xf32>
  spatial.link @W::@out to @y.store::@data : vector depth 2
}

// -----

// Look-ups may fall anywhere, so each bank holds everything.
// SAID:        remark: spatial-bank-memories: @table: banked (4, 1) duplicated instead of (4, 1), no access waits for a bank
// CHECK-LABEL: spatial.config @look_up {
// CHECK:         spatial.pmu @table holds tensor<16xf32> banked (4, 1) duplicated init table
// CHECK:         spatial.pmu @one holds tensor<16xf32> banked (4, 1) init table
spatial.config @look_up {
  spatial.input @x : tensor<32xi32>
  spatial.ag @x.load loads @x counters (%i = 0 to 8) address [4 * %i] : vector<4xi32>
  spatial.ag @z.load loads @x counters (%i = 0 to 8) address [4 * %i] : i32
  spatial.pmu @table holds tensor<16xf32> banked (4, 1) init table tanh from -4.0 to 4.0 {
    spatial.gather @out index "idx" port 0 counters (%i = 0 to 8) address [] : vector<4xf32>
  }
  spatial.pmu @one holds tensor<16xf32> banked (4, 1) init table tanh from -4.0 to 4.0 {
    spatial.gather @out index "idx" port 0 counters (%i = 0 to 8) address [] : f32
  }
  spatial.link @x.load::@data to @table::@idx : vector depth 2
  spatial.link @z.load::@data to @one::@idx : scalar depth 2
}

// -----

// Sixteen bytes that begin within a word lie in five words: one more than there are banks.
// SAID:        remark: spatial-bank-memories: @m: (4, 1) stays, @out stalls 6 cycles per activation; some tokens have more words than a unit has banks (4, pmu.banks)
// CHECK-LABEL: spatial.config @unaligned {
// CHECK:         spatial.pmu @m holds tensor<8x64xi8> banked (4, 1) init zero {
spatial.config @unaligned {
  spatial.output @y : tensor<8x64xi8>
  spatial.controller @steps counters (%t = 0 to 3) {
    spatial.pmu @m holds tensor<8x64xi8> banked (4, 1) init zero {
      spatial.read @out port 0 counters (%j = 0 to 8) address [%j, %j] : vector<16xi8>
    }
    spatial.ag @y.store stores @y counters (%j = 0 to 8) address [%j, %j] : vector<16xi8>
  }
  spatial.link @m::@out to @y.store::@data : vector depth 2
}

// -----

// Set by hand: it stays, and the user hears of it.
// SAID:        warning: spatial-bank-memories: @blocks: the banking (4, 2) given conflicts: @out stalls 16 cycles per activation; @out at %j = 0, %k = 0 takes 2 cycles, as elements [0, 0] and [0, 1] both lie on bank 0; with banked (4, 1), no access waits for a bank
// SAID:        warning: spatial-bank-memories: @columns: the banking (4, 1, [1, 2]) given conflicts: @out stalls 16 cycles per activation; @out at %j = 0, %k = 0 takes 2 cycles, as elements [0, 0] and [0, 2] both lie on bank 0; with banked (4, 1), no access waits for a bank
// CHECK-LABEL: spatial.config @by_hand {
// CHECK:         spatial.pmu @blocks holds tensor<4x16xf32> banked (4, 2) init zero {
// CHECK:         spatial.pmu @columns holds tensor<4x16xf32> banked (4, 1, [1, 2]) init zero {
// CHECK:         spatial.pmu @skewed holds tensor<4x16xf32> banked (4, 1, [5, 1]) init zero {
spatial.config @by_hand {
  spatial.output @y : tensor<4x16xf32>
  spatial.pmu @blocks holds tensor<4x16xf32> banked (4, 2) init zero {
    spatial.read @out port 0 counters (%j = 0 to 4, %k = 0 to 4) address [%j, 4 * %k] : vector<4xf32>
  }
  spatial.pmu @columns holds tensor<4x16xf32> banked (4, 1, [1, 2]) init zero {
    spatial.read @out port 0 counters (%j = 0 to 4, %k = 0 to 4) address [%j, 4 * %k] : vector<4xf32>
  }
  spatial.pmu @skewed holds tensor<4x16xf32> banked (4, 1, [5, 1]) init zero {
    spatial.read @out port 0 counters (%j = 0 to 4, %k = 0 to 4) address [%j, 4 * %k] : vector<4xf32>
  }
  spatial.ag @y.store stores @y counters (%j = 0 to 4, %k = 0 to 4) address [%j, 4 * %k] : vector<4xf32>
  spatial.link @blocks::@out to @y.store::@data : vector depth 2
}
