# One place for what every target of ours has in common.

add_library(vcnode_flags INTERFACE)
target_compile_options(vcnode_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(VCNODE_WERROR)
  target_compile_options(vcnode_flags INTERFACE -Werror)
endif()
target_include_directories(vcnode_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(VCNODE_SANITIZE)
  add_compile_options(-fsanitize=${VCNODE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${VCNODE_SANITIZE})
endif()

# vcnode_library(NAME SOURCES a.cpp... [DEPENDS public...] [PRIVATE_DEPENDS private...])
# Static archive with an alias vcnode::NAME; the include root is the repository.
function(vcnode_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(vcnode_${name} STATIC ${arg_SOURCES})
  add_library(vcnode::${name} ALIAS vcnode_${name})
  target_link_libraries(vcnode_${name} PUBLIC ${arg_DEPENDS} PRIVATE vcnode_flags ${arg_PRIVATE_DEPENDS})
  target_include_directories(vcnode_${name} PUBLIC ${CMAKE_SOURCE_DIR})
endfunction()

# vcnode_unoptimised(TARGET…): what is tested is optimised, the tests are not: that is a third of their compile time.
function(vcnode_unoptimised)
  foreach(target ${ARGN})
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O0>)
  endforeach()
endfunction()

# vcnode_test(NAME LABEL label SOURCES a.cpp... DEPENDS libs...)
# A doctest program registered with ctest; tests/support supplies main().
function(vcnode_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE vcnode_flags vcnode_test_support ${arg_DEPENDS})
  vcnode_unoptimised(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT})
  if("${arg_LABEL}" STREQUAL property OR "${arg_LABEL}" STREQUAL sim)  # others mostly wait, for disks and sockets
    set_tests_properties(${name} PROPERTIES PROCESSORS 3)
  endif()
  set_property(GLOBAL APPEND PROPERTY VCNODE_CODE_TESTS ${name})
endfunction()
