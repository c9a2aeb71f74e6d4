# cmake -DCOMPILER=… -DINCLUDE=… -DSOURCE=… -P check.cmake
# The line after `#ifdef OFFENDING` must be what the compiler refuses, and all it refuses.
function(compile result_variable errors_variable)
  execute_process(
    COMMAND ${COMPILER} -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I${INCLUDE} ${ARGN} ${SOURCE}
    RESULT_VARIABLE result ERROR_VARIABLE errors OUTPUT_QUIET)
  set(${result_variable} ${result} PARENT_SCOPE)
  set(${errors_variable} "${errors}" PARENT_SCOPE)
endfunction()

file(READ ${SOURCE} text)
string(FIND "${text}" "#ifdef OFFENDING\n" start)
if(start EQUAL -1)
  message(FATAL_ERROR "${SOURCE} has no line `#ifdef OFFENDING`")
endif()
string(SUBSTRING "${text}" 0 ${start} before)
string(REGEX REPLACE "[^\n]" "" newlines "${before}")
string(LENGTH "${newlines}" line)
math(EXPR line "${line} + 2")

compile(result errors)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} must compile without its offending line:\n${errors}")
endif()
compile(result errors -DOFFENDING)
if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE}:${line} compiles and must not")
endif()
string(FIND "${errors}" "${SOURCE}:${line}:" at)
if(at EQUAL -1)
  message(FATAL_ERROR "${SOURCE} fails elsewhere than at line ${line}:\n${errors}")
endif()
