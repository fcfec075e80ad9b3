// xDSL's own tool finds our dialects and passes through the entry point, and prints what
// spatial-opt prints.
// RUN: xdsl-opt %s -p "set-target{name=tiny},canonicalize" | spatial-opt | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny}" | xdsl-opt | filecheck %s

func.func @main() {
  func.return
}

// CHECK: builtin.module attributes {spatial.target = #spatial.target<{name = "tiny"
// CHECK: func.func @main() {
