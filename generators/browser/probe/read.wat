;; The read loop of "Measure this browser": sums memory from $at on as 32-bit integers, 16 bytes a load.
;; Four places, $quarter bytes apart, are read in turn, as the suite's C kernel does: the memory keeps more requests in
;; flight than along a single line.  $quarter is a multiple of 64 bytes.
;; Assembled by generators/browser/probe_module.py, which knows just the instructions used here.
(module
  (import "probe" "memory" (memory 1))
  (func (export "read") (param $at i32) (param $quarter i32) (result i32)
    (local $end i32) (local $b i32) (local $c i32) (local $d i32)
    (local $s v128) (local $t v128) (local $u v128) (local $v v128)
    local.get $at
    local.get $quarter
    i32.add
    local.tee $end            ;; the first place ends where the second begins
    local.tee $b
    local.get $quarter
    i32.add
    local.tee $c
    local.get $quarter
    i32.add
    local.set $d
    loop $more
      local.get $at
      v128.load offset=0
      local.get $at
      v128.load offset=16
      i32x4.add
      local.get $at
      v128.load offset=32
      i32x4.add
      local.get $at
      v128.load offset=48
      i32x4.add
      local.get $s
      i32x4.add
      local.set $s
      local.get $b
      v128.load offset=0
      local.get $b
      v128.load offset=16
      i32x4.add
      local.get $b
      v128.load offset=32
      i32x4.add
      local.get $b
      v128.load offset=48
      i32x4.add
      local.get $t
      i32x4.add
      local.set $t
      local.get $c
      v128.load offset=0
      local.get $c
      v128.load offset=16
      i32x4.add
      local.get $c
      v128.load offset=32
      i32x4.add
      local.get $c
      v128.load offset=48
      i32x4.add
      local.get $u
      i32x4.add
      local.set $u
      local.get $d
      v128.load offset=0
      local.get $d
      v128.load offset=16
      i32x4.add
      local.get $d
      v128.load offset=32
      i32x4.add
      local.get $d
      v128.load offset=48
      i32x4.add
      local.get $v
      i32x4.add
      local.set $v
      local.get $b
      i32.const 64
      i32.add
      local.set $b
      local.get $c
      i32.const 64
      i32.add
      local.set $c
      local.get $d
      i32.const 64
      i32.add
      local.set $d
      local.get $at
      i32.const 64
      i32.add
      local.tee $at
      local.get $end
      i32.lt_u
      br_if $more
    end
    local.get $s
    local.get $t
    i32x4.add
    local.get $u
    i32x4.add
    local.get $v
    i32x4.add
    local.tee $s
    i32x4.extract_lane 0
    local.get $s
    i32x4.extract_lane 1
    i32.add
    local.get $s
    i32x4.extract_lane 2
    i32.add
    local.get $s
    i32x4.extract_lane 3
    i32.add))
