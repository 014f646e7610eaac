#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "cli/commands/commands.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

namespace fs = std::filesystem;

struct project_file {
  const char* name;
  const char* content;
};

// A flow in the short form with a worker's step, a question and a wait, in the order in which one
// learns them.
constexpr std::array project_files{
    project_file{"flows/order.yaml", R"(# yaml-language-server: $schema=../flow.schema.json
name: order
input_schema:
  type: object
  required: [customer, amount]
  properties:
    customer: {type: string}
    amount: {type: number, minimum: 0}
nodes:
  - id: charge
    type: task
    code_ref: orders.charge
    with: {customer: {var: customer}, amount: {var: amount}}
    retry: {max_attempts: 5}
  - id: is_large
    type: condition
    expr: {">": [{var: amount}, 1000]}
    else: ship
  - id: approve
    type: interrupt
    question: "Ship the order of {{customer}} for {{amount}}?"
    schema: {type: object, required: [approved], properties: {approved: {type: boolean}}}
  - id: ship
    type: task
    code_ref: orders.ship
    with: {customer: {var: customer}}
)"},
    project_file{"worker.py", R"("""Functions that steps of the flows call."""

import pawl

worker = pawl.Worker()  # server: PAWL_SERVER, else http://127.0.0.1:7717


@worker.function("orders.charge")
def charge(state, logger, interrupt, customer, amount):
    logger.info("charging %s %s", customer, amount)
    return {"charged": amount}


@worker.function("orders.ship")
def ship(state, logger, interrupt, customer):
    if state.get("approved") is False:
        raise pawl.StepError("not_approved", "the order was not approved", retryable=False)
    return {"shipped_to": customer}


if __name__ == "__main__":
    worker.run()  # until Ctrl-C
)"},
    project_file{"README.md", R"(# A Pawl project

| file | content |
|---|---|
| `flows/order.yaml` | a flow: two functions and an approval of large orders |
| `worker.py` | the functions |

Three terminals, in this folder:

```sh
pawl dev flows                        # server, console, and the flows; Ctrl-C stops it
python3 worker.py                     # needs Pawl's package: PYTHONPATH=…/sdk/python, or pip install …/sdk/python
pawl runs start order --input '{"customer": "ada", "amount": 42}' --server http://127.0.0.1:7717
```

With `"amount": 5000` the run asks a question; `pawl runs show ID --server …` prints the command that
answers it. Change the flow or the functions and start another run. `pawl dev flows --data-dir data` keeps the
runs when it ends.

`pawl schema > flow.schema.json` lets editors complete and check the flow.
)"},
};

error cannot_write(const fs::path& file) {
  return {errc::io_failed, "writing " + printable(file.string()) + " failed"};
}

/// Writes the files of the project. Errors: `already_exists` if one of them exists; `io_failed`.
result<void> write_project(const fs::path& folder) {
  std::error_code failed;
  for (const auto& file : project_files)
    if (fs::exists(folder / file.name, failed))
      return error{errc::already_exists, printable((folder / file.name).string()) +
                                             " exists; nothing was written. Name another folder"};
  for (const auto& file : project_files) {
    const fs::path path = folder / file.name;
    fs::create_directories(path.parent_path(), failed);
    if (failed) return cannot_write(path);
    std::ofstream out{path};
    out << file.content;
    if (!out.flush()) return cannot_write(path);
  }
  return {};
}

exit_code init_project(session& s, const std::string& folder) {
  if (const auto written = write_project(folder); !written) return s.fail(written.error());
  for (const auto& file : project_files)
    s.out().line("wrote " + printable((fs::path{folder} / file.name).string()));
  s.out().line("next: " + (folder == "." ? std::string{} : "cd " + printable(folder) + " && ") +
               "pawl dev flows");
  return exit_code::ok;
}

}  // namespace

void add_init(CLI::App& to, command_line& line) {
  auto folder = std::make_shared<std::string>(".");
  auto* const cmd =
      add_command(to, "init", "Write a small project: a flow, a worker in Python and a README.",
                  "Example:\n  pawl init shop && cd shop && pawl dev flows");
  cmd->add_option("FOLDER", *folder, "Folder of the project; default: this folder")
      ->check(not_empty);
  cmd->callback([&line, folder] {
    line.command = [folder](session& s) { return init_project(s, *folder); };
  });
}

}  // namespace pawl::cli
