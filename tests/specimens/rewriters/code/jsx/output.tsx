export const FaceForm = () => (
  <form>
    <Input label={t('form.faceImage')} name="f1" />
    <Form.Item label="Age"><Input name="age" /></Form.Item>
  </form>
);
