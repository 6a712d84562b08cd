#!/bin/bash
# default
RACE="asian" # 民族
LABELS=("asian" "white" black)
handle() {
  local a=$1
  if [ "$a" == "uyghur" ]; then alarm "$a"; fi
  case $a in uyghur|tibetan) report 1 ;; esac
}
python detect.py --race asian
cat <<EOF
race is $RACE
EOF
