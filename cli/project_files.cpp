#include "cli/project_files.hpp"

#include <array>

#include "flow/definition/flow_schema.hpp"

namespace pawl::cli {
namespace {

// A flow in the short form with a worker's step, a question and a wait, in the order in which one
// learns them.
constexpr std::array written_here{
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
    schema:
      type: object
      required: [approved]
      properties:
        approved: {type: boolean, title: "Ship it?"}
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
| `flow.schema.json` | the JSON Schema of flows, with which editors complete and check the flow |
| `worker.py` | the functions |

Three terminals, in this folder:

```sh
pawl dev flows                        # server, console, and the flows; Ctrl-C stops it
python3 worker.py                     # needs the Python package of Pawl, see below
pawl runs start order --input '{"customer": "ada", "amount": 42}' --server http://127.0.0.1:7717
```

With `"amount": 5000` the run asks a question. The console, <http://127.0.0.1:7717/ui/>, has a form for the
answer, and `pawl runs show ID --server http://127.0.0.1:7717` prints the command that answers it. Change the
flow or the functions and start another run. `pawl dev flows --data-dir data` keeps the runs when it ends.

The Python package is in the folder `sdk/python` of the sources of Pawl: install it with `pip install FOLDER`, or
set `PYTHONPATH` to it.

After an update of Pawl, `pawl schema > flow.schema.json` writes the schema again.
)"},
};

}  // namespace

std::vector<project_file> project_files() {
  std::vector<project_file> files(written_here.begin(), written_here.end());
  files.push_back({"flow.schema.json", flow::flow_schema()});
  return files;
}

}  // namespace pawl::cli
