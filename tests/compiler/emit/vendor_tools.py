"""The vendors' Tcl commands as stubs, which write down their calls and refuse what is no call.

A script runs in a Tcl interpreter of its own, unchanged. Each command stands here with the syntax
that its document gives, so far as it is used or could be confused.
"""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

COMMON = "[-quiet] [-verbose]"

# UG835, Vivado Design Suite Tcl Command Reference Guide.
VIVADO = {
    "get_parts": "[-regexp] [-nocase] [-filter <arg>] [-of_objects <args>] [<patterns>]",
    "create_project": "[-part <arg>] [-force] [-in_memory] [-ip] [-rtl_kernel] [<name>] [<dir>]",
    "close_project": "[-delete]",
    "current_project": "[<project>]",
    "current_fileset": "[-constrset] [-simset] [-srcset] [<fileset>]",
    "add_files": "[-fileset <arg>] [-of_objects <args>] [-norecurse] [-copy_to <arg>] [-force] "
    "[-scan_for_includes] [<files>]",
    "get_runs": "[-regexp] [-nocase] [-filter <arg>] [<patterns>]",
    "get_property": "[-min] [-max] <name> <object>",
    "launch_runs": "[-jobs <arg>] [-scripts_only] [-dir <arg>] [-to_step <arg>] [-next_step] "
    "[-force] <runs>",
    # In 2022.2 it is wait_on_runs, on whose page both names are used; older versions know this one.
    "wait_on_run": "[-timeout <arg>] <run>",
    "open_run": "[-name <arg>] [-pr_config <arg>] <run>",
    "report_utilization": "[-file <arg>] [-append] [-cells <args>] [-return_string] [-name <arg>] "
    "[-hierarchical] [-hierarchical_depth <arg>] [-hierarchical_percentages]",
    "report_timing_summary": "[-delay_type <arg>] [-no_detailed_paths] [-setup] [-hold] "
    "[-max_paths <arg>] [-nworst <arg>] [-report_unconstrained] [-file <arg>] [-append]",
    # Both forms: a name and its value, or pairs in -dict; Vivado itself writes -name ... -objects.
    "set_property": "[-dict <args>] [-name <arg>] [-value <arg>] [-objects <args>] [<name>] "
    "[<value>] [<objects>]",
    # The packager's, which UG835 leaves out: as in scripts that Vivado itself writes.
    "ipx::package_project": "[-root_dir <arg>] [-vendor <arg>] [-library <arg>] [-taxonomy <arg>] "
    "[-import_files] [-set_current <arg>] [-force]",
    "ipx::current_core": "",
    "ipx::get_hdl_parameters": "[-of_objects <args>] [-filter <arg>] <patterns>",
    "ipx::get_user_parameters": "[-of_objects <args>] [-filter <arg>] <patterns>",
    "ipx::remove_all_bus_interface": "<parent>",
    "ipx::get_memory_maps": "[-of_objects <args>] [-filter <arg>] <patterns>",
    "ipx::remove_memory_map": "<name> <parent>",
    "ipx::add_bus_interface": "<name> <parent>",
    "ipx::get_bus_interfaces": "[-of_objects <args>] [-filter <arg>] <patterns>",
    "ipx::add_bus_parameter": "<name> <parent>",
    "ipx::add_port_map": "<name> <parent>",
    "ipx::add_memory_map": "<name> <parent>",
    "ipx::add_address_block": "<name> <parent>",
    "ipx::add_register": "<name> <parent>",
    "ipx::create_xgui_files": "<core>",
    "ipx::update_checksums": "<core>",
    "ipx::check_integrity": "[-kernel] [-xrt] <core>",
    "ipx::save_core": "<core>",
}
# Quartus Prime Pro Edition User Guide: Scripting (683432), chapter Tcl Commands and Packages.
ASSIGNMENT = "[-comment <arg>] [-disable] [-entity <arg>] [-remove] [-tag <arg>] "
QUARTUS = {
    "project_new": "[-family <arg>] [-overwrite] [-part <arg>] [-revision <arg>] <project_name>",
    "project_close": "[-dont_export_assignments]",
    "export_assignments": "[-reorganize] [-report_write_failure]",
    "set_global_assignment": ASSIGNMENT + "-name <arg> [-section_id <arg>] [<value>]",
    "set_instance_assignment": ASSIGNMENT + "[-from <arg>] -name <arg> [-to <arg>] [<value>]",
    "set_parameter": ASSIGNMENT + "-name <arg> [-to <arg>] [<value>]",
    "execute_flow": "[-analysis_and_elaboration] [-check_ios] [-compile] [-finalize] [-implement]",
}
# Quartus Prime Pro Edition User Guide: Platform Designer (683609), Component Interface Tcl
# Reference; words that follow each other, no options.
PLATFORM_DESIGNER = {
    "set_module_property": "<property> <value>",
    "get_module_property": "<property>",
    "add_fileset": "<name> <kind> <callback> <display_name>",
    "set_fileset_property": "<fileset> <property> <value>",
    "add_fileset_file": "<output_file> <file_type> <file_source> <path> [<attributes>]",
    "add_parameter": "<name> <type> [<default_value>] [<description>]",
    "set_parameter_property": "<parameter> <property> <value>",
    "set_parameter_value": "<parameter> <value>",
    "add_interface": "<name> <type> <direction>",
    "set_interface_property": "<interface> <property> <value>",
    "add_interface_port": "<interface> <port> <signal_type> <direction> <width>",
}
# The stubs give the object that a command makes or finds as its name within its parent, such as
# core/s_axis/TDATA, and files and parts as they are.
PRELUDE = r"""
proc json {words} {
  set quoted {}
  foreach word $words {
    lappend quoted "\"[string map {\\ \\\\ \" \\\" \n \\n} $word]\""
  }
  return "\[[join $quoted ,]\]"
}
proc stub {name words} {
  set log [open $::env(CALLS) a]
  puts $log [json [linsert $words 0 $name]]
  close $log
  set last [lindex $words end]
  switch -glob $name {
    get_parts { return [expr {$last eq "unknown" ? {} : $last}] }
    add_files - get_runs { return $last }
    get_property {
      switch [lindex $words 0] {
        file_type { return "type of [file extension $last]" }
        PROGRESS  { return $::env(PROGRESS) }
        STATUS    { return "synth_design ERROR" }
        name      { return [file tail $last] }
      }
    }
    get_module_property { return [file dirname $::env(SCRIPT)] }
    ipx::current_core { return core }
    ipx::get_memory_maps { return core/found }
    ipx::get_hdl_parameters { return core/hdl/[lindex $words 0] }
    ipx::get_user_parameters { return core/user/[lindex $words 0] }
    ipx::get_* { return core/[lindex $words 0] }
    ipx::add_* { return $last/[lindex $words 0] }
    execute_flow { if {$::env(PROGRESS) ne "100%"} { error "quartus_fit: no place" } }
    default { return $name }
  }
}
namespace eval ipx {}
foreach package {::quartus::project ::quartus::flow} { package provide $package 7.0 }
package provide qsys 16.1
set argv [lrange $argv 1 end]
set quartus(args) $argv
"""
EMBEDDED = """
import os, sys, tkinter
tcl = tkinter.Tcl()
tcl.createcommand("exit", lambda status="0": os._exit(int(status)))  # tkinter has taken it out
tcl.setvar("argv", tuple(sys.argv[2:]))
try:
    tcl.evalfile(sys.argv[1])
except tkinter.TclError as error:
    sys.exit(f"{error}\\n{tcl.getvar('errorInfo')}")
"""


def interpreter() -> list[str]:
    """The command of a Tcl interpreter, Python's own if there is no tclsh; [] if there is none."""
    if tclsh := shutil.which("tclsh"):
        return [tclsh]
    return [sys.executable, "-c", EMBEDDED] if importlib.util.find_spec("_tkinter") else []


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a vendor's command: its options, 1 where one has no value, and its other words."""

    command: str
    options: dict[str, str | int]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """A script that has ended."""

    status: int
    out: str
    err: str
    calls: tuple[Call, ...]

    def of(self, command: str) -> list[Call]:
        """The calls of a command, in order."""
        return [call for call in self.calls if call.command == command]


def read(syntax: dict[str, str], command: str, *words: str) -> Call:
    """A call, read by its command's syntax.

    Raises:
        AssertionError: the command has no such option, or not so many words.
    """
    usage = f"{syntax[command]} {COMMON}"
    known = {name: bool(value) for name, value in re.findall(r"(-\w+)( <args?>)?", usage)}
    positions = re.findall(r"(\[?)<\w+>", re.sub(r"-\w+ <args?>", "", usage))
    options, rest, left = {}, [], list(words)
    while left:
        word = left.pop(0)
        # No other word begins with a dash.
        if re.match(r"-[a-z]", word):
            assert word in known, f"{command}: {word}, need one of {sorted(known)}"
            assert word not in options, f"{command}: {word} twice"
            assert left or not known[word], f"{command}: {word} without its value"
            options[word] = left.pop(0) if known[word] else 1
        else:
            rest.append(word)
    for name in re.findall(r"(?<!\[)(-\w+) <arg>", usage):
        assert name in options, f"{command}: no {name}"
    least = positions.count("")
    assert least <= len(rest) <= len(positions), f"{command}: {rest}, of {syntax[command]}"
    return Call(command, options, tuple(rest))


def run(
    syntax: dict[str, str],
    script: Path,
    *arguments: str,
    cwd: Path,
    progress: str = "100%",
    then: str = "",
) -> Ended:
    """Run a script as the vendor's tool would, in `cwd`.

    Args:
        syntax: the commands of the tool.
        progress: how far a run of Vivado or a compilation of Quartus comes.
        then: what the tool evaluates after the script.
    """
    stubs, calls = cwd / "stubs.tcl", cwd / "calls.jsonl"
    calls.write_text("")
    names = " ".join(syntax)
    stubs.write_text(
        f"{PRELUDE}foreach name {{{names}}} {{\n"
        '  proc ::$name args "return \\[stub $name \\$args\\]"\n}\n'
        f"source {{{script}}}\n{then}\n"
    )
    ended = subprocess.run(
        [*interpreter(), str(stubs), str(script), *arguments],
        cwd=cwd, capture_output=True, text=True, check=False,
        env={"CALLS": str(calls), "PROGRESS": progress, "SCRIPT": str(script)},
    )  # fmt: skip
    found = [read(syntax, *json.loads(line)) for line in calls.read_text().splitlines()]
    return Ended(ended.returncode, ended.stdout, ended.stderr, tuple(found))


def once(values: list[str]) -> set[str]:
    """The values, each of which stands there once."""
    assert not [value for value, count in Counter(values).items() if count > 1]
    return set(values)
