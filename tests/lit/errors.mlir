// A failed run says why in one sentence, ends with exit code 1 and writes no output.
// RUN: not spatial-opt %s -p "set-target{name=tinny}" > %t.out 2> %t.err
// RUN: filecheck %s < %t.err
// RUN: diff %t.out /dev/null

// The same with an output file, which is not touched.
// RUN: spatial-opt %s -o %t.mlir
// RUN: cp %t.mlir %t.copy
// RUN: not spatial-opt %s -p "set-target{name=tinny}" -o %t.mlir
// RUN: diff %t.mlir %t.copy

func.func @main() {
  func.return
}

// CHECK-NOT: Traceback
// CHECK:     spatial-opt: error: set-target: unknown machine 'tinny', did you mean 'tiny'?
// CHECK-NOT: Traceback
