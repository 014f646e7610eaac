import pickle
import unittest

import pawl
from pawl.errors import BY_CODE, from_problem

CODES = """invalid_argument malformed_json unauthorized forbidden not_found method_not_allowed
not_acceptable timed_out already_exists illegal_transition conflict lease_lost
idempotency_mismatch precondition_failed body_too_large unsupported_media_type invalid_flow
invalid_rule limit_exceeded too_many_requests overloaded header_too_large not_supported
unavailable storage_full io_failed corrupt internal uri_too_long expectation_failed
http_version_not_supported""".split()


class Problems(unittest.TestCase):
    def test_each_code_of_the_api_has_its_class(self):
        self.assertEqual(sorted(BY_CODE), sorted(CODES))
        for code in CODES:
            error = from_problem({"code": code, "status": 400})
            self.assertEqual((type(error).code, error.code), (code, code))
            self.assertIs(getattr(pawl, type(error).__name__), type(error))

    def test_a_problem_document_is_read_completely(self):
        error = from_problem(
            {"title": "Invalid flow", "status": 422, "code": "invalid_flow", "detail": "bad",
             "request_id": "r1", "class": "c",
             "faults": [{"severity": "error", "pointer": "/nodes/1", "code": "unknown_node_type",
                         "message": "no such type"}]}, 422, {"retry-after": "2"})
        self.assertIsInstance(error, pawl.InvalidFlow)
        self.assertEqual((error.status, error.detail, error.request_id, error.error_class),
                         (422, "bad", "r1", "c"))
        self.assertEqual(error.retry_after, 2)
        self.assertEqual(error.diagnostics[0].pointer, "/nodes/1")
        self.assertEqual(str(error),
                         "invalid_flow: bad\n  error at /nodes/1: no such type")

    def test_without_a_problem_document_the_status_decides(self):
        self.assertIsInstance(from_problem(None, 404), pawl.NotFound)
        self.assertIsInstance(from_problem("<html>", 502), pawl.Unavailable)
        self.assertIs(type(from_problem({}, 418)), pawl.PawlError)

    def test_an_unknown_code_is_a_plain_error_with_that_code(self):
        error = from_problem({"code": "brand_new", "status": 409})
        self.assertEqual((type(error), error.code), (pawl.PawlError, "brand_new"))

    def test_retry_after_as_a_date_is_ignored(self):
        error = from_problem({}, 503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})
        self.assertIsNone(error.retry_after)

    def test_errors_can_be_pickled(self):
        self.assertEqual(pickle.loads(pickle.dumps(pawl.NotFound("x"))).detail, "x")
