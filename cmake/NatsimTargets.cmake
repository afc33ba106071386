# One library per folder. A folder's headers are reachable only through the targets it links:
# each target owns an include root under the build tree that holds nothing but a link to its own
# folder, so an include that the link lines do not allow does not compile.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(natsim_options INTERFACE)
target_compile_options(natsim_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Werror
  # Designated initialisers leave the rest at their defaults on purpose.
  -Wno-missing-field-initializers
  # gcc 12 sees overlaps in std::string's operator+ that are not there (gcc bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # The same floating-point results from every compiler: no fused multiply-add.
  -ffp-contract=off
  # The same text whatever folder the tree was cloned to.
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

# Compiling a folder's sources together reads their headers once and is several times as fast. Off,
# each source has to stand alone: so a forgotten include is found.
option(NATSIM_UNITY "Compile the sources of each folder together" ON)

# natsim_library(NAME FOLDER SOURCES a.cc… [ALONE b.cc…] [LINK targets…] [PRIVATE_LINK targets…])
# ALONE sources have names of their own that others of the folder use as well.
# Defines the library natsim::NAME for FOLDER, whose headers are included as "FOLDER/header.h".
function(natsim_library name folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;ALONE;LINK;PRIVATE_LINK" ${ARGN})
  add_library(natsim_${name} STATIC ${ARG_SOURCES} ${ARG_ALONE})
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_library(natsim::${name} ALIAS natsim_${name})
  set_target_properties(natsim_${name} PROPERTIES UNITY_BUILD ${NATSIM_UNITY} UNITY_BUILD_BATCH_SIZE 16)
  set(root ${PROJECT_BINARY_DIR}/include_roots/${name})
  get_filename_component(parent ${root}/${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
  target_include_directories(natsim_${name} PUBLIC ${root})
  target_link_libraries(natsim_${name} PUBLIC ${ARG_LINK} PRIVATE natsim_options ${ARG_PRIVATE_LINK})
  set_property(GLOBAL APPEND PROPERTY NATSIM_LIBRARIES natsim_${name})
endfunction()

# natsim_test(NAME [ONCE] SOURCES a.cc… LINK targets…): a GoogleTest program run by ctest. What tests
# share is included as "tests/FOLDER/header.h". The first one compiles the headers that all tests
# read. Under ctest RapidCheck draws the same cases each time, run by hand others. ONCE tests are many
# runs of what others test too: they are left out under the sanitizers.
set(NATSIM_TESTS_ROOT ${PROJECT_BINARY_DIR}/include_roots/tests)
file(MAKE_DIRECTORY ${NATSIM_TESTS_ROOT})
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/tests ${NATSIM_TESTS_ROOT}/tests SYMBOLIC)
function(natsim_test name)
  cmake_parse_arguments(ARG "ONCE" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_include_directories(${name}_test PRIVATE ${NATSIM_TESTS_ROOT})
  target_link_libraries(${name}_test PRIVATE ${ARG_LINK} natsim_options GTest::gtest_main GTest::gmock)
  # Files of tests are compiled together, each in a namespace of its own, NATSIM_TEST_FILE.
  if(NATSIM_UNITY)
    set_target_properties(${name}_test PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8
                          UNITY_BUILD_UNIQUE_ID NATSIM_TEST_FILE)
    set(alone ${ARG_SOURCES})
    list(FILTER alone EXCLUDE REGEX "_test\\.cc$")
    set_source_files_properties(${alone} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  else()
    target_compile_definitions(${name}_test PRIVATE NATSIM_TEST_FILE=test_file)
  endif()
  # What is tested is optimised, the assertions are not: they are most of the build's time.
  target_compile_options(${name}_test PRIVATE
    $<$<CONFIG:Release>:-O1> $<$<CONFIG:Debug>:-O0>)
  # The checks of what is tested are those of its own objects; in the assertions they are half of the
  # compiler's work.
  if(NATSIM_FUZZ)
    target_compile_options(${name}_test PRIVATE -fno-sanitize=undefined,fuzzer-no-link)
  endif()
  get_property(owner GLOBAL PROPERTY NATSIM_TEST_HEADERS)
  if(NATSIM_UNITY AND owner)
    target_precompile_headers(${name}_test REUSE_FROM ${owner})
  elseif(NATSIM_UNITY)
    target_precompile_headers(${name}_test PRIVATE
      <gtest/gtest.h> <gmock/gmock.h> <algorithm> <array> <deque> <functional> <map> <memory>
      <optional> <set> <span> <string> <string_view> <utility> <variant> <vector>)
    set_property(GLOBAL PROPERTY NATSIM_TEST_HEADERS ${name}_test)
  endif()
  if(ARG_ONCE)
    set(label LABELS once)
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
                       PROPERTIES TIMEOUT 120 ENVIRONMENT RC_PARAMS=seed=4787 ${label})
endfunction()
