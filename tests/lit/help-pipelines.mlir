// RUN: spatial-opt --help-pipelines | filecheck %s

// CHECK:      Named pipelines
// CHECK:      unfused: {{.+}}
// CHECK-NEXT:   option target, default plasticine-rnn
// CHECK:        passes
// CHECK-NEXT:     set-target{name="$target" relax="$relax"}
