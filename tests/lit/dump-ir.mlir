// RUN: rm -rf %t
// RUN: spatial-opt %s -p "set-target{name=tiny},canonicalize" --dump-ir %t > %t.out
// RUN: filecheck %s < %t/001-set-target.mlir
// A dump can be read again.
// RUN: spatial-opt %t/001-set-target.mlir -p canonicalize | diff - %t.out

func.func @main() {
  func.return
}

// CHECK: #spatial.target<{name = "tiny"
